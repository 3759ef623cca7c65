package org.millrace.cleaner.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/// A command that only says how it was called.
public final class CleanCommand {

    private CleanCommand() {}

    /// @param args `… --exit CODE` to end with a code, `--wait FILE` to write a file when it is stopped
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args[0].equals("--wait")) {
            waitForTheEnd(Path.of(args[1]));
        }
        System.out.println(List.of(args) + " " + new String(System.in.readAllBytes(), UTF_8));
        System.exit(Integer.parseInt(args[args.length - 1]));
    }

    private static void waitForTheEnd(Path stopped) throws IOException, InterruptedException {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
            try {
                Files.createFile(stopped);
            } catch (IOException e) {
                System.err.println(e);
            }
        }));
        Files.createFile(stopped.resolveSibling(stopped.getFileName() + ".ready"));
        new CountDownLatch(1).await();
    }
}
