package org.millrace.trainer.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.millrace.trainer.Keeping;
import org.millrace.trainer.Listener;
import org.millrace.trainer.Snapshot;

/// Follows a run of rank 0: a line of progress now and then, and the model into its folder.
final class FolderRun implements Listener {

    private static final Duration BETWEEN_LINES = Duration.ofSeconds(2);

    private final ModelFolder folder;
    private final Path tokenizer;
    private final Map<String, String> provenance;
    private final Duration stateInterval;
    private final PrintWriter out;
    private final BooleanSupplier stopped;
    private long lastLine = System.nanoTime() - BETWEEN_LINES.toNanos();

    FolderRun(
            ModelFolder folder,
            Path tokenizer,
            Map<String, String> provenance,
            Duration stateInterval,
            PrintWriter out,
            BooleanSupplier stopped) {
        this.folder = folder;
        this.tokenizer = tokenizer;
        this.provenance = Map.copyOf(provenance);
        this.stateInterval = stateInterval;
        this.out = out;
        this.stopped = stopped;
    }

    @Override
    public void measured(long step, SortedMap<String, Double> figures, double progress, double secondsLeft) {
        long now = System.nanoTime();
        boolean isNews = figures.containsKey("bits_per_byte") || progress >= 1;
        if (!isNews && now - lastLine < BETWEEN_LINES.toNanos()) {
            return;
        }
        lastLine = now;
        List<String> parts = new ArrayList<>();
        parts.add("step %,d".formatted(step));
        parts.add("%.0f %%".formatted(100 * progress));
        figure(parts, figures, "loss_nats", "loss %.4f");
        figure(parts, figures, "bits_per_byte", "%.4f bits/byte");
        figure(parts, figures, "tokens_per_second", "%,.0f tokens/s");
        parts.add("%d:%02d left".formatted((long) secondsLeft / 60, (long) secondsLeft % 60));
        out.println(String.join("  ", parts));
        out.flush();
    }

    private static void figure(List<String> parts, SortedMap<String, Double> figures, String name, String format) {
        Double value = figures.get(name);
        if (value != null) {
            parts.add(String.format(Locale.ROOT, format, value));
        }
    }

    @Override
    public void publish(long step, Snapshot snapshot) throws IOException {
        SortedMap<String, String> facts = new TreeMap<>(provenance);
        facts.put("step", Long.toString(step));
        folder.publish(draft -> snapshot.write(draft, tokenizer, facts));
    }

    @Override
    public Optional<Keeping> keeping() {
        return Optional.of(new Keeping(folder.state(), stateInterval));
    }

    @Override
    public boolean cancelled() {
        return stopped.getAsBoolean();
    }
}
