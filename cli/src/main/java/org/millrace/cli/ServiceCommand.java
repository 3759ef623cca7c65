package org.millrace.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Stack;
import java.util.concurrent.Callable;
import org.millrace.cli.runtime.Home;
import org.millrace.cli.runtime.Program;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/// A command that a service brings: everything behind its name is the service's to understand, `--help` too.
abstract sealed class ServiceCommand implements Callable<Integer>
        permits CrawlCommand, CleanCommand, TokenizeCommand, TrainFolderCommand, TrainQualityCommand {

    private final String service;
    private final String main;
    private final List<String> arguments = new ArrayList<>();

    /// @param main class of the service
    ServiceCommand(String service, String main) {
        this.service = service;
        this.main = main;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        return new Program(Home.installationFolder(), service, main).run(arguments);
    }

    String service() {
        return service;
    }

    String main() {
        return main;
    }

    List<String> arguments() {
        return arguments;
    }

    /// Takes all arguments as they are.
    static final class PassOn implements IParameterPreprocessor {

        @Override
        @SuppressWarnings("JdkObsolete") // picocli's type
        public boolean preprocess(Stack<String> left, CommandSpec command, ArgSpec argument, Map<String, Object> info) {
            List<String> arguments = ((ServiceCommand) command.userObject()).arguments;
            while (!left.isEmpty()) {
                arguments.add(left.pop());
            }
            return true;
        }
    }
}
