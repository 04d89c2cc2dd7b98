namespace Ebpf.Verifier.Diagnostics;

/// <summary>The rules of the verifier. Names are stable: their kebab case is the id that tools and docs/errors use.</summary>
public enum Rule
{
    /// <summary>An instruction that does not exist or has reserved fields set.</summary>
    InvalidInstruction,

    /// <summary>A jump or call that leaves the program or lands inside a 64-bit immediate, or code that falls off the end.</summary>
    InvalidControlFlow,

    /// <summary>A register is read before it is written.</summary>
    UninitialisedRegister,

    /// <summary>The frame pointer is written.</summary>
    FramePointerWrite,

    /// <summary>A memory access outside the stack, or of stack that was not written.</summary>
    StackAccess,

    /// <summary>A packet access that no comparison with data_end covers.</summary>
    PacketAccess,

    /// <summary>A map value access outside the value.</summary>
    MapValueAccess,

    /// <summary>A context access that the program type does not allow.</summary>
    ContextAccess,

    /// <summary>An access to other memory (ring buffer record, buffer argument) outside its bounds.</summary>
    MemoryAccess,

    /// <summary>A pointer that may be null is used.</summary>
    NullDereference,

    /// <summary>A load or store through something that is not a pointer.</summary>
    NotAPointer,

    /// <summary>Arithmetic that is not allowed on this pointer.</summary>
    PointerArithmetic,

    /// <summary>A write to memory that may only be read.</summary>
    ReadOnlyMemory,

    /// <summary>A pointer is stored or returned where others could read it.</summary>
    PointerLeak,

    /// <summary>A helper that does not exist or that this program type may not call.</summary>
    UnknownHelper,

    /// <summary>A helper's argument has the wrong type or bounds.</summary>
    HelperArgument,

    /// <summary>A map of a type that this helper does not take.</summary>
    MapType,

    /// <summary>A kernel function that is not known or may not be called here.</summary>
    KernelFunction,

    /// <summary>A reference that is not released, or released twice.</summary>
    Reference,

    /// <summary>A spin lock taken twice, not released, or used wrongly.</summary>
    SpinLock,

    /// <summary>A return value that the program type does not allow.</summary>
    ReturnValue,

    /// <summary>More than 512 bytes of stack over a chain of calls, or more than 8 frames.</summary>
    StackDepth,

    /// <summary>A loop that does not end.</summary>
    InfiniteLoop,

    /// <summary>The limit on processed instructions is reached.</summary>
    TooComplex,

    /// <summary>A function's arguments or result do not fit its declaration.</summary>
    FunctionSignature,

    /// <summary>A program type that this verifier does not know.</summary>
    UnsupportedProgramType,

    /// <summary>A feature that this verifier does not support yet.</summary>
    UnsupportedFeature,

    /// <summary>A CO-RE relocation that could not be resolved is reached.</summary>
    UnresolvedRelocation,

    /// <summary>A map that was not created is used.</summary>
    MissingMap,
}
