using Ebpf.Platforms.Linux.Syscalls;
using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.Maps;

public sealed class MapTypeTests
{
    [Fact]
    public void Attributes_of_maps_arrive_in_the_kernel()
    {
        Kernel.Require();
        BpfObject obj = TestData.Open("map_attributes").Only();
        using LoadedObject live = obj.Load(Platform.Linux);

        Assert.All(live.Maps, map =>
        {
            MapInfoRecord info = default;
            Assert.Equal(Errno.None, Bpf.Info(map.Fd!.Value, ref info));
            Assert.Equal((uint)map.Type, info.Type);
            Assert.Equal((uint)map.KeySize, info.KeySize);
            Assert.Equal((uint)map.ValueSize, info.ValueSize);
            Assert.Equal(map.MaxEntries, info.MaxEntries);
            Assert.Equal((uint)map.Flags, info.MapFlags);
            Assert.Equal(map.Handle.Spec.Extra, info.MapExtra);
            Assert.StartsWith(info.Name.ToString(), map.Name);
        });
    }

    [Fact]
    public void Values_have_the_types_of_the_object()
    {
        Kernel.Require();
        using LoadedObject live = TestData.OpenSample("map").Only().Load(Platform.Linux);

        MapInfoRecord info = default;
        Assert.Equal(Errno.None, Bpf.Info(live.Maps["HASH_map"].Fd!.Value, ref info));

        Assert.NotEqual(0u, info.BtfId);
        Assert.Equal(live.Maps["HASH_map"].Handle.Spec.ValueType, info.BtfValueTypeId);
    }

    [Fact]
    public void Maps_of_maps_hold_the_maps_that_the_object_puts_in()
    {
        Kernel.Require();
        using LoadedObject live = TestData.Open("map_in_map").Load(Platform.Linux);

        Assert.Equal(IdOf(live.Maps["first"]), BitConverter.ToUInt32(live.Maps["array_of_maps"].Lookup(BpfMap.Key(0))));
        Assert.Equal(IdOf(live.Maps["second"]), BitConverter.ToUInt32(live.Maps["hash_of_maps"].Lookup(BpfMap.Key(1))));
        Assert.Equal(5u, live.Programs["through_array"].Run().ReturnValue);
        Assert.Equal(5u, live.Maps["first"].As<uint, uint>()[1]);
    }

    private static uint IdOf(BpfMap map)
    {
        MapInfoRecord info = default;
        Assert.Equal(Errno.None, Bpf.Info(map.Fd!.Value, ref info));
        return info.Id;
    }

    [Fact]
    public void Per_cpu_values_are_those_of_all_possible_cpus()
    {
        Kernel.Require();
        using LoadedObject live = TestData.OpenSample("map").Only().Load(Platform.Linux);
        BpfMap<uint, uint> map = live.Maps["PERCPU_HASH_map"].As<uint, uint>();
        uint[] values = [.. Enumerable.Range(1, map.Untyped.HostValueSize / 8).Select(static i => (uint)i)];

        map.UpdatePerCpu(7, values);

        Assert.Equal(values, map.LookupPerCpu(7));
    }
}
