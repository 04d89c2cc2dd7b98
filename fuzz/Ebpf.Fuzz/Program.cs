using Ebpf.Fuzz;
using Ebpf.Fuzz.Verification;

// Programs for the verifier are made, not mutated from files: that fuzzer has a command line of its own.
return args is ["verifier", .. string[] rest] ? SoundnessCommand.Run(rest) : CommandLine.Run(args);
