using Ebpf.Fuzz;

return CommandLine.Run(args);
