package org.millrace.cli.model;

import java.io.IOException;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.Failure;
import org.millrace.cli.LogOption;
import org.millrace.cli.model.kafka.ModelLog;
import org.millrace.cli.runtime.LocalLog;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Publishes an older version of a model again.
@Command(
        name = "rollback",
        mixinStandardHelpOptions = true,
        description = {
            "Publishes an older version of a model again: whoever serves the model goes back to it, without failing a request.",
            "The next model under this name gets a version that was never given before."
        })
final class RollbackCommand implements Callable<Integer> {

    @Parameters(paramLabel = "NAME", description = "Name of the model.")
    @SuppressWarnings("NullAway.Init")
    private String name;

    @Option(
            names = "--to",
            paramLabel = "VERSION",
            description = "Version to go back to (default: the one that was served before).")
    private @Nullable Long to;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private LogOption log;

    @Override
    public Integer call() throws IOException {
        try (LocalLog opened = log.open()) {
            ModelLog.Back back = new ModelLog(opened.bootstrapServers())
                    .rollBack(
                            name, to == null ? OptionalLong.empty() : OptionalLong.of(to), System.currentTimeMillis());
            System.out.printf("%s goes back from version %d to version %d.%n", name, back.from(), back.to());
        } catch (KafkaException e) {
            throw new Failure("The log could not be read or written: " + e.getMessage(), e);
        }
        return 0;
    }
}
