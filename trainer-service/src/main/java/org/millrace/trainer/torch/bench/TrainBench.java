package org.millrace.trainer.torch.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.trainer.Scaling;
import org.millrace.trainer.torch.SyntheticTraining;

/// Whole steps of pretraining (forward, backward, clipping, update) on random tokens, beside the
/// machine's bf16 matrix product in the same run. The last line is one JSON object.
///
/// ```text
/// TrainBench SECONDS [--shape L,D,H,T,B,V] [--steps N] [--threads N] [--ranks N] [--recompute]
///
/// model_gflops         = 6 · params · tokens_per_second / 10⁹
/// share_of_matmul_peak = model_gflops / matmul_peak_gflops
/// scaling              = ranks_tokens_per_second / tokens_per_second, see [RankBench]
/// rss_growth           = resident after the last step / resident after warming up − 1
/// ```
///
/// - **Source:** Kaplan et al. 2020, arXiv:2001.08361, 2.1: two operations a parameter and token
///   forward, four backward. The products within attention, `12 · L · D · T` a token, and what
///   the optimizer does are left out.
public final class TrainBench {

    private static final int WARM_UP = 5;
    private static final int LEAST_STEPS = 5;
    private static final int PRODUCTS = 15;

    private TrainBench() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        BenchOptions options;
        try {
            options = BenchOptions.of(List.of(arguments));
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        // JavaCPP would end a process that is four times as large as its Java heap may be.
        System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
        var json = new StringJoiner(", ", "{", "}");
        double speed = run(options, json);
        if (options.ranks() > 1) {
            RankBench.Speed together = RankBench.measure(options, List.of(arguments));
            json.add("\"ranks\": " + options.ranks());
            json.add(figure("ranks_tokens_per_second", together.tokensPerSecond()));
            json.add(figure("ranks_cpu_ms_per_step", together.processorMillis()));
            json.add(figure("scaling", together.tokensPerSecond() / speed));
        }
        System.out.println(json);
    }

    /// @return tokens a second
    private static double run(BenchOptions options, StringJoiner json) throws IOException {
        ModelConfig model = options.model();
        long tokens = (long) options.rows() * model.context();
        try (SyntheticTraining training = new SyntheticTraining(
                model,
                options.rows(),
                Scaling.pretrainRates(model, options.rows()),
                options.threads(),
                options.recompute())) {
            double peak = training.matrixProductPeak(PRODUCTS);
            for (int i = 0; i < WARM_UP; i++) {
                training.step();
            }
            long warm = SyntheticTraining.residentBytes();
            long processorStart = processorNanos();
            List<Double> took = new ArrayList<>();
            double total = 0;
            while (goesOn(options, took.size(), total)) {
                long start = System.nanoTime();
                double loss = training.step();
                double seconds = (System.nanoTime() - start) / 1e9;
                took.add(seconds);
                total += seconds;
                if (took.size() % 10 == 0) {
                    System.out.printf(
                            Locale.ROOT,
                            "step %4d: loss %.3f, %.0f ms, %.0f tokens/s, %d MiB resident%n",
                            took.size(),
                            loss,
                            seconds * 1e3,
                            tokens / seconds,
                            SyntheticTraining.residentBytes() >> 20);
                }
            }
            double processor = (processorNanos() - processorStart) / 1e6 / took.size();
            long last = SyntheticTraining.residentBytes();
            peak = Math.max(peak, training.matrixProductPeak(PRODUCTS));
            Collections.sort(took);
            double speed = tokens / took.get(took.size() / 2);
            double flops = 6.0 * model.parameters() * speed / 1e9;
            json.add(figure("tokens_per_second", speed));
            json.add(figure("best_tokens_per_second", tokens / took.getFirst()));
            json.add("\"params\": " + model.parameters());
            json.add(figure("model_gflops", flops));
            json.add(figure("matmul_peak_gflops", peak));
            json.add(figure("share_of_matmul_peak", flops / peak));
            json.add(figure("cpu_ms_per_step", processor));
            json.add(figure("peak_rss_mib", peakResidentBytes(Math.max(warm, last)) / 1_048_576.0));
            json.add(figure("rss_growth", (double) last / warm - 1));
            json.add("\"steps\": " + took.size());
            json.add("\"threads\": " + options.threads());
            json.add("\"recompute\": " + options.recompute());
            json.add(figure(
                    "load_average", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage()));
            return speed;
        }
    }

    private static boolean goesOn(BenchOptions options, int made, double seconds) {
        return options.steps() > 0 ? made < options.steps() : made < LEAST_STEPS || seconds < options.seconds();
    }

    static long processorNanos() {
        return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
                .getProcessCpuTime();
    }

    /// Linux knows it, within steps too; elsewhere it is what was seen between steps.
    private static double peakResidentBytes(long seen) throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.isReadable(status)) {
            return seen;
        }
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("VmHWM:")) {
                return 1024 * Double.parseDouble(line.replaceAll("[^0-9]", ""));
            }
        }
        return seen;
    }

    private static String figure(String name, double value) {
        return String.format(Locale.ROOT, "\"%s\": %.3f", name, value);
    }
}
