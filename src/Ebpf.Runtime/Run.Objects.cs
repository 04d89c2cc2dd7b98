using Ebpf.Runtime.Interpreter;
using Ebpf.Verifier;

namespace Ebpf.Runtime;

/// <content>What the run takes for objects of a kernel: its socket, its task, its cgroup, its inode, its call stack. The host says which they are.</content>
internal sealed unsafe partial class Run
{
    /// <summary>sizeof(struct bpf_sock), up to its last field.</summary>
    internal const int SocketBytes = 80;

    // A task, a cgroup or an inode is for programs the address of one of these words: it says which object it is, and reads of its fields give 0.
    private const int TaskWord = SocketBytes, CgroupWord = TaskWord + 8, InodeWord = CgroupWord + 8, ObjectBytes = 128;

    private readonly byte* _objects;

    /// <summary>The run's socket, <c>struct bpf_sock</c>.</summary>
    internal byte* Socket => _objects;

    /// <summary>Its number; 0 where there is none.</summary>
    internal uint SocketId { get; private set; }

    /// <summary>The run's task, for who asks for it as an object.</summary>
    internal ulong Task => (ulong)(_objects + TaskWord);

    /// <summary>The run's cgroup, as an object.</summary>
    internal ulong Cgroup => (ulong)(_objects + CgroupWord);

    /// <summary>The run's inode, as an object.</summary>
    internal ulong Inode => (ulong)(_objects + InodeWord);

    /// <summary>The id of the run's cgroup.</summary>
    internal ulong CgroupId { get; private set; }

    /// <summary>The call stacks that the run pretends to come from.</summary>
    internal ReadOnlyMemory<ulong> KernelStack { get; private set; }

    /// <summary>See <see cref="KernelStack"/>.</summary>
    internal ReadOnlyMemory<ulong> UserStack { get; private set; }

    /// <summary>What the hook returns.</summary>
    internal int HookResult;

    /// <summary>The access to a file below /proc/sys that the run is about.</summary>
    internal SysctlAccess? Sysctl;

    /// <summary>The socket that the packet was given to.</summary>
    internal uint? AssignedSocket;

    /// <summary>Options of the socket.</summary>
    internal Dictionary<(int Level, int Name), byte[]> SocketOptions { get; } = [];

    /// <summary>The number of the object at an address that a helper got; false where it is none of the run's.</summary>
    internal bool TryObject(ulong address, out uint id)
    {
        id = 0;
        if (address == (ulong)Socket)
            id = SocketId;
        else if (address == Task)
            id = (uint)(PidTgid ?? (uint)Environment.ProcessId);
        else if (address == Cgroup)
            id = (uint)CgroupId;
        else if (address == Inode)
            id = _inodeId;
        else
            return false;
        return true;
    }

    private uint _inodeId;
    private RunRequest _request = null!;

    private void BeginObjects(RunRequest request)
    {
        ReadOnlySpan<byte> socket = request.Socket.Span;
        if (socket.Length > SocketBytes)
            throw new BpfException($"the socket has {socket.Length} bytes; struct bpf_sock has {SocketBytes}", Errno.EINVAL);
        var block = new Span<byte>(Socket, SocketBytes);
        block.Clear();
        socket.CopyTo(block);
        SocketId = request.SocketId;
        CgroupId = request.CgroupId;
        _inodeId = request.InodeId;
        KernelStack = request.KernelStack;
        UserStack = request.UserStack;
        _request = request;
    }

    /// <summary>Each repetition begins with what the request says.</summary>
    private void ResetObjects()
    {
        HookResult = _request.HookResult;
        Sysctl = _request.Sysctl;
        AssignedSocket = null;
        if (SocketOptions.Count > 0)
            SocketOptions.Clear();
        if (_request.SocketOptions is { } options)
        {
            foreach (((int Level, int Name) key, byte[] value) in options)
                SocketOptions.Add(key, value);
        }
    }

    /// <summary>Lets a program of the checking mode read its socket.</summary>
    private void GrantObjects() => Memory.Grant(new MemoryRegion((ulong)Socket, SocketBytes, MemoryKinds.BtfObject, false, "the socket"));
}
