using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Interpreter;
using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests;

public sealed class EngineTests
{
    private static readonly Instruction[] s_returnOne = [Mov64(R0, 1), Exit()];

    [Fact]
    public void Whatever_allocation_fails_nothing_stays_allocated()
    {
        // How many allocations there are in all, and then each of them failing in turn.
        long count = Work(0);
        Assert.True(count > 5);
        for (long failing = 1; failing <= count; failing++)
            Assert.Throws<BpfException>(() => Work(failing));

        static long Work(long failAt)
        {
            var heap = new NativeHeap(isGuarded: true) { FailAt = failAt };
            try
            {
                using var engine = new Engine(new EngineOptions { Slots = 2, Heap = heap });
                using EmbeddedMap map = engine.CreateMap(new MapSpec { Name = "map", Type = MapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 1 });
                using EmbeddedProgram program = engine.CreateProgram(
                    EngineRoom.Spec(ProgramType.SchedCls, [Mov64(R6, R1), .. LoadMapValue(R2, 0, 0), Mov64(R2, 5000), Mov64(R3, 0), Call(HelperId.SkbChangeTail), Exit()]), null, [map]);
                Assert.Equal(0UL, program.Run(new RunRequest()).ReturnValue);
                return heap.Allocations;
            }
            finally
            {
                Assert.Equal(0, heap.LiveBytes);
                Assert.Equal(0, heap.LiveBlocks);
            }
        }
    }

    [Fact]
    public void A_refused_program_leaves_nothing_behind()
    {
        using var room = new EngineRoom();
        room.Map(MapType.Array, 4, 8, 1);
        long before = room.Heap.LiveBytes;

        Assert.Throws<BpfException>(() => room.Program(EngineRoom.Spec(ProgramType.Kprobe, [.. LoadMap(R1, 0), Call(HelperId.OverrideReturn), Exit()])));

        Assert.Equal(before, room.Heap.LiveBytes);
    }

    [Fact]
    public void A_program_keeps_its_maps()
    {
        using var room = new EngineRoom();
        EmbeddedMap map = room.Map(MapType.Array, 4, 8, 1);
        EmbeddedProgram program = room.Program(EngineRoom.Spec(ProgramType.Xdp, [.. LoadMapValue(R1, 0, 0), Load(Size.DW, R0, R1, 0), Exit()]));
        map.Dispose();

        Assert.Equal(0UL, program.Run(new RunRequest()).ReturnValue);
    }

    [Fact]
    public void A_program_that_is_disposed_does_not_run()
    {
        using var room = new EngineRoom();
        EmbeddedProgram program = room.Program(EngineRoom.Spec(ProgramType.Xdp, s_returnOne));
        program.Dispose();

        Assert.Throws<ObjectDisposedException>(() => program.Run(new RunRequest()));
    }

    [Fact]
    public void A_series_of_runs_allocates_nothing()
    {
        using var room = new EngineRoom();
        EmbeddedProgram program = room.Program(EngineRoom.Spec(ProgramType.Xdp, s_returnOne), checks: false);
        using RunSession session = program.Begin(new RunRequest());
        for (int i = 0; i < 100; i++)
            session.Execute();

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            session.Execute();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task Programs_run_on_many_threads_while_others_are_disposed()
    {
        using var room = new EngineRoom();
        EmbeddedMap map = room.Map(MapType.Array, 4, 8, 1);
        ProgramSpec spec = EngineRoom.Spec(ProgramType.Xdp, [.. LoadMapValue(R1, 0, 0), Mov64(R2, 1), Atomic(Size.DW, Opcodes.AtomicAdd, R1, 0, R2), Mov64(R0, 0), Exit()]);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                using EmbeddedProgram program = room.Engine.CreateProgram(spec, null, [map]);
                program.Run(new RunRequest { Repeat = 10 });
            }
        })));

        byte[] value = new byte[8];
        Assert.Equal(0, map.HostLookup(new byte[4], value));
        Assert.Equal(8 * 50 * 10, BitConverter.ToInt64(value));
    }

    [Fact]
    public void An_observer_sees_every_instruction_and_its_registers()
    {
        using var room = new EngineRoom();
        var observer = new Recorder();
        EmbeddedProgram program = room.Program(
            EngineRoom.Spec(ProgramType.Unspec, Mov64(R6, 5), CallLocal(2), Add64(R0, R6), Exit(), Mov64(R0, 1), Exit()), options: new ProgramOptions { Observer = observer });

        program.Run(new RunRequest());

        Assert.Equal([(0, 0, 1), (1, 5, 1), (4, 5, 2), (5, 5, 2), (2, 5, 1), (3, 5, 1)], observer.Seen);
    }

    [Fact]
    public void What_an_observer_throws_reaches_the_caller_and_the_engine_goes_on()
    {
        using var room = new EngineRoom();
        ProgramSpec spec = EngineRoom.Spec(ProgramType.Unspec, s_returnOne);
        EmbeddedProgram failing = room.Program(spec, options: new ProgramOptions { Observer = new Recorder { Error = new InvalidOperationException("enough") } });

        Assert.Throws<InvalidOperationException>(() => failing.Run(new RunRequest()));
        Assert.Equal(1UL, room.Program(spec).Run(new RunRequest()).ReturnValue);
    }

    private sealed class Recorder : IExecutionObserver
    {
        public List<(int Slot, ulong R6, int Depth)> Seen { get; } = [];

        public Exception? Error { get; init; }

        public void BeforeInstruction(ExecutionView view)
        {
            if (Error is not null)
                throw Error;
            Seen.Add((view.Slot, view.Registers[6], view.Depth));
        }
    }
}
