namespace Ebpf.Verifier.State;

/// <summary>Every value of a state, registers and spilled slots of all frames, by reference.</summary>
internal readonly ref struct ValuesOf(MachineState state)
{
    public Enumerator GetEnumerator() => new(state);

    internal ref struct Enumerator
    {
        private readonly MachineState _state;
        private FrameState _frame;
        private int _depth;
        private int _index;

        internal Enumerator(MachineState state)
        {
            _state = state;
            _frame = state.Frames[0];
            _depth = 0;
            _index = -1;
        }

        public readonly ref RegisterState Current =>
            ref _index < FrameState.Registers ? ref _frame.Registry[_index] : ref _frame.Stack[_index - FrameState.Registers].Spill;

        public bool MoveNext()
        {
            while (true)
            {
                _index++;
                if (_index < FrameState.Registers)
                    return true;
                int slot = _index - FrameState.Registers;
                if (slot < _frame.UsedSlots)
                {
                    if (_frame.Stack[slot].HasSpill)
                        return true;
                    continue;
                }

                if (++_depth > _state.Depth)
                    return false;
                _frame = _state.Frames[_depth];
                _index = -1;
            }
        }
    }
}
