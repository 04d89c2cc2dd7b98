// A program that replaces a global function of another: extended.bpf.c has it.
#include "bpf.h"

LICENSE("GPL");

SEC("freplace/answer")
int new_answer(int question)
{
    return question + 100;
}
