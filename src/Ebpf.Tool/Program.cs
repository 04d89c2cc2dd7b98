return Ebpf.Tool.CommandLine.Run(args, Console.Out, Console.Error);
