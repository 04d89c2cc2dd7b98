using Ebpf.Hosting;
using Ebpf.Runtime.Maps;

namespace Ebpf.Runtime;

/// <content>Runs of a host's own type of program: what its helpers see of them.</content>
internal sealed unsafe partial class Run
{
    /// <summary>Where the host's context is; null where the request has its bytes.</summary>
    internal byte* HostContext;

    public override void Fail(Exception exception) => Stop(exception);

    public override bool MayRead(ulong address, ulong size) => CanRead(address, size);

    public override bool MayWrite(ulong address, ulong size) => CanWrite(address, size);

    public override bool TryMap(ulong argument, out HostMap map)
    {
        bool isMap = TryMap(argument, out EmbeddedMap found);
        map = isMap ? new HostMap(found, Cpu) : default;
        return isMap;
    }

    public override bool Call(ulong function, ulong number, ulong context, out ulong result) => Call(function, number, context, 0, 0, 0, out result);

    /// <summary>Makes the host's own memory the context of the next repetition.</summary>
    internal void SetContext(byte* context, int size)
    {
        Context = context;
        ContextSize = size;
    }
}
