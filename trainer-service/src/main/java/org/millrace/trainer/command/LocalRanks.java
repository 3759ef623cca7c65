package org.millrace.trainer.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.millrace.trainer.torch.kernel.Kernels;

/// The ranks of one machine, each a process of its own. When one dies the others end with
/// [TrainFolderCommand#RANK_LOST], and the run is started again with those that did not die: what killed
/// one, want of memory say, would kill it again. Three times at most.
final class LocalRanks {

    static final int MOST_RESTARTS = 3;

    /// Between the end of one and the end of all, besides their patience with each other.
    private static final Duration ENDING = Duration.ofSeconds(30);

    /// The same where another try is of no use: those that wait for one that is gone need not.
    private static final Duration SHORT = Duration.ofSeconds(2);

    private static final String LOGGING = "java.util.logging.manager";

    private static final Duration LOOK = Duration.ofMillis(200);

    private final List<String> arguments;
    private final int threads;
    private final Duration patience;
    private final BooleanSupplier stopped;
    private final PrintWriter out;

    /// @param arguments of the command
    /// @param threads of each rank; 0: its share of the processors
    /// @param patience that ranks have with each other
    /// @param stopped tells that the ranks shall end
    LocalRanks(List<String> arguments, int threads, Duration patience, BooleanSupplier stopped, PrintWriter out) {
        this.arguments = List.copyOf(arguments);
        this.threads = threads;
        this.patience = patience;
        this.stopped = stopped;
        this.out = out;
    }

    /// @return exit code of the command
    int run(int ranks) throws IOException, InterruptedException {
        int left = ranks;
        for (int restarts = 0; ; restarts++) {
            List<Integer> codes = attempt(left);
            if (codes.getFirst() == 0) { // rank 0 wrote the model
                return 0;
            }
            if (stopped.getAsBoolean()) {
                return TrainFolderCommand.RANK_LOST;
            }
            for (int code : codes) {
                if (code == 1 || code == 2) {
                    return code;
                }
            }
            long died = codes.stream()
                    .filter(code -> code != 0 && code != TrainFolderCommand.RANK_LOST)
                    .count();
            if (restarts == MOST_RESTARTS) {
                say("ranks ended with codes %s after %d restarts; started again, the run goes on where it was"
                        .formatted(codes, restarts));
                return TrainFolderCommand.RANK_LOST;
            }
            left = (int) Math.max(1, left - died);
            say("ranks ended with codes %s; the run goes on with %d (restart %d of %d)"
                    .formatted(codes, left, restarts + 1, MOST_RESTARTS));
        }
    }

    private void say(String sentence) {
        out.println("millrace train folder: " + sentence);
        out.flush();
    }

    /// @return exit codes by rank
    private List<Integer> attempt(int world) throws IOException, InterruptedException {
        int port = freePort();
        List<Process> processes = new ArrayList<>();
        try {
            for (int rank = 0; rank < world; rank++) {
                processes.add(new ProcessBuilder(command(rank, world, port))
                        .redirectOutput(rank == 0 ? Redirect.INHERIT : Redirect.DISCARD)
                        .redirectError(Redirect.INHERIT)
                        .start());
            }
            await(processes);
        } finally {
            processes.forEach(Process::destroyForcibly);
        }
        List<Integer> codes = new ArrayList<>();
        for (Process process : processes) {
            codes.add(process.waitFor());
        }
        return codes;
    }

    /// As long as none has failed, training goes on; from then on all end within a time.
    private void await(List<Process> processes) throws InterruptedException {
        boolean told = false;
        long ending = -1; // nanoseconds since the first failed
        long last = System.nanoTime();
        while (processes.stream().anyMatch(Process::isAlive)
                && ending
                        < (processes.stream().anyMatch(LocalRanks::hasSaidWhy) ? SHORT : patience.plus(ENDING))
                                .toNanos()) {
            Thread.sleep(LOOK);
            long now = System.nanoTime();
            if (stopped.getAsBoolean() && !told) {
                told = true;
                processes.forEach(Process::destroy);
            }
            if (ending >= 0 || told || processes.stream().anyMatch(LocalRanks::hasFailed)) {
                ending = Math.max(0, ending) + now - last;
            }
            last = now;
        }
    }

    /// With a code that another try would end with too.
    private static boolean hasSaidWhy(Process process) {
        return hasFailed(process) && (process.exitValue() == 1 || process.exitValue() == 2);
    }

    private static boolean hasFailed(Process process) {
        return !process.isAlive() && process.exitValue() != 0;
    }

    private List<String> command(int rank, int world, int port) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:MaxRAMPercentage=" + Math.max(1, 40 / world), // as one process has
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        if (Kernels.lanes() > 0) { // as this process has them
            command.add(Kernels.OPTION);
        }
        String logging = System.getProperty(LOGGING);
        if (logging != null) {
            command.add("-D" + LOGGING + "=" + logging);
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), TrainFolderCommand.class.getName()));
        command.addAll(arguments);
        int share = Math.max(1, Runtime.getRuntime().availableProcessors() / world);
        command.addAll(List.of("--ranks", "1", "--threads", Integer.toString(threads > 0 ? threads : share)));
        if (world > 1) {
            command.addAll(List.of(
                    "--world",
                    Integer.toString(world),
                    "--rank",
                    Integer.toString(rank),
                    "--rendezvous",
                    "127.0.0.1:" + port));
        }
        return command;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
