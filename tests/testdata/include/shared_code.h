// Code in a header: its instructions have line information of this file.
#pragma once

#include "bpf.h"

NOINLINE static u32 from_header(u32 value)
{
    if (value > 100)
        return value / 3;
    return value * 3;
}
