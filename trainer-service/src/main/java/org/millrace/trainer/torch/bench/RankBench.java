package org.millrace.trainer.torch.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.millrace.trainer.Rendezvous;
import org.millrace.trainer.Scaling;
import org.millrace.trainer.torch.GlooRanks;
import org.millrace.trainer.torch.Ranks;
import org.millrace.trainer.torch.SyntheticTraining;

/// The same batch as [TrainBench], shared by several processes on this machine, each with its share of the
/// threads: `tokens a second = tokens of the whole batch / median seconds of a step`.
public final class RankBench {

    private static final int WARM_UP = 5;
    private static final int LEAST_STEPS = 5;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /// Starting, joining and warming up, besides what is measured.
    private static final Duration BESIDES = Duration.ofMinutes(5);

    private RankBench() {}

    /// One rank: its number and the port of rank 0, then what [TrainBench] was told.
    public static void main(String[] arguments) throws InterruptedException {
        System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
        List<String> all = List.of(arguments);
        BenchOptions options = BenchOptions.of(all.subList(2, all.size()));
        var place = new Rendezvous(
                Integer.parseInt(arguments[0]),
                options.ranks(),
                "127.0.0.1",
                Integer.parseInt(arguments[1]),
                PATIENCE,
                PATIENCE);
        try (Ranks ranks = GlooRanks.join(place)) {
            Speed speed = speed(options, ranks);
            if (ranks.rank() == 0) {
                System.out.printf(Locale.ROOT, "%.3f %.3f%n", speed.tokensPerSecond(), speed.processorMillis());
            }
        }
    }

    /// @param tokensPerSecond of all ranks together
    /// @param processorMillis of a step, of all ranks together: what other programs take is not in it
    record Speed(double tokensPerSecond, double processorMillis) {}

    private static Speed speed(BenchOptions options, Ranks ranks) {
        long tokens = (long) options.rows() * options.model().context();
        List<Double> took = new ArrayList<>();
        try (SyntheticTraining training = new SyntheticTraining(
                options.model(),
                options.rows(),
                Scaling.pretrainRates(options.model(), options.rows()),
                Math.max(1, options.threads() / options.ranks()),
                options.recompute(),
                ranks)) {
            for (int i = 0; i < WARM_UP; i++) {
                training.step();
            }
            double total = 0;
            long processorStart = TrainBench.processorNanos();
            while (ranks.sum(ranks.rank() == 0 && goesOn(options, took.size(), total) ? 1 : 0)[0] > 0) {
                long start = System.nanoTime();
                training.step();
                double seconds = (System.nanoTime() - start) / 1e9;
                took.add(seconds);
                total += seconds;
            }
            double processor = ranks.sum((TrainBench.processorNanos() - processorStart) / 1e6 / took.size())[0];
            Collections.sort(took);
            return new Speed(tokens / took.get(took.size() / 2), processor);
        }
    }

    private static boolean goesOn(BenchOptions options, int made, double seconds) {
        return options.steps() > 0 ? made < options.steps() : made < LEAST_STEPS || seconds < options.seconds();
    }

    /// Starts the ranks and waits for them.
    ///
    /// @param arguments what [TrainBench] was told
    static Speed measure(BenchOptions options, List<String> arguments) throws IOException, InterruptedException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        List<Process> processes = new ArrayList<>();
        try {
            for (int rank = 0; rank < options.ranks(); rank++) {
                List<String> command = new ArrayList<>();
                command.add(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString());
                command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
                command.addAll(List.of(
                        "-cp",
                        System.getProperty("java.class.path"),
                        RankBench.class.getName(),
                        Integer.toString(rank),
                        Integer.toString(port)));
                command.addAll(arguments);
                processes.add(new ProcessBuilder(command)
                        .redirectOutput(rank == 0 ? Redirect.PIPE : Redirect.DISCARD)
                        .redirectError(Redirect.INHERIT)
                        .start());
            }
            String said = new String(processes.getFirst().getInputStream().readAllBytes(), UTF_8);
            for (Process process : processes) {
                if (!process.waitFor(BESIDES.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
                    throw new IOException("a rank of the bench did not end well: " + said);
                }
            }
            String[] figures = said.lines().toList().getLast().split(" ", 2);
            return new Speed(Double.parseDouble(figures[0]), Double.parseDouble(figures[1]));
        } finally {
            processes.forEach(Process::destroyForcibly);
        }
    }
}
