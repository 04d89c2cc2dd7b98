namespace Ebpf.Bytecode.Objects;

/// <summary>Says of which type each program is, by the name of its section.</summary>
internal static class ProgramTypes
{
    /// <summary>Sets type, attach type and target of the programs.</summary>
    /// <remarks>bpf_object_init_progs in libbpf.c.</remarks>
    public static void Assign(ObjectReading reading)
    {
        // Programs of iproute2's sections are what the rest of the object is; tc is what it was made for.
        bool hasXdp = false;
        for (int i = 0; i < reading.Functions.Count; i++)
        {
            FunctionImage function = reading.Functions[i];
            if (function.IsSubprogram)
                continue;
            if (SectionDefinitions.TryFind(reading.Dialect, function.SectionName, out SectionDefinition definition))
                reading.Functions[i] = With(function, definition, isGuess: false);
            else if (!reading.IsStrict && reading.Dialect == Dialect.Linux && SectionDefinitions.TryFindAsOldLibbpf(function.SectionName, out definition))
                reading.Functions[i] = With(function, definition, isGuess: true);
            hasXdp |= reading.Functions[i].Type == ProgramType.Xdp;
        }

        if (reading.IsStrict || reading.Dialect != Dialect.Linux)
            return;
        for (int i = 0; i < reading.Functions.Count; i++)
        {
            FunctionImage function = reading.Functions[i];
            if (!function.IsSubprogram && function.Type == ProgramType.Unspec && Iproute2.IsSection(function.SectionName))
                reading.Functions[i] = function with { Type = hasXdp ? ProgramType.Xdp : ProgramType.SchedCls, IsTypeGuessed = true };
        }
    }

    private static FunctionImage With(FunctionImage function, in SectionDefinition definition, bool isGuess) => function with
    {
        Type = definition.Type,
        AttachType = definition.AttachType,
        AttachTarget = isGuess ? null : SectionDefinitions.AttachTarget(definition, function.SectionName),
        Flags = definition.Flags,
        AutoAttach = isGuess ? AutoAttachKind.None : definition.AutoAttach,
        IsTypeGuessed = isGuess,
    };
}
