package org.millrace.trainer.torch;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.trainer.Budget;
import org.millrace.trainer.Example;
import org.millrace.trainer.Listener;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.Plan;
import org.millrace.trainer.Snapshot;

/// How well facts that were only read can be answered: pretraining on pages about every entity,
/// fine-tuning on questions about one half, exact answers about the other half. Not a test: its
/// figures stand in `docs/log.md`.
///
/// ```text
/// java -cp … org.millrace.trainer.torch.LearningExperiment entities=190 pretrain=300 finetune=60
/// ```
final class LearningExperiment {

    private final Map<String, String> options = new HashMap<>();

    private LearningExperiment(String[] args) {
        for (String arg : args) {
            String[] pair = arg.split("=", 2);
            options.put(pair[0], pair[1]);
        }
    }

    public static void main(String[] args) throws Exception {
        new LearningExperiment(args).run();
    }

    private double option(String name, double otherwise) {
        return Double.parseDouble(options.getOrDefault(name, Double.toString(otherwise)));
    }

    private void run() throws Exception {
        torch.set_num_threads((int) option("threads", 2));
        ScalarType compute =
                options.getOrDefault("compute", "bf16").equals("bf16") ? ScalarType.BFloat16 : ScalarType.Float;
        InventedWorld world = new InventedWorld((int) option("entities", 190), (int) option("vocabulary", 2048), 7);
        List<Example> pages = world.pages((int) option("pages", 3));
        List<Example> validation = new ArrayList<>();
        long tokens = pages.stream().mapToLong(page -> page.tokens().length).sum();
        say("pages %d, tokens %d", pages.size(), tokens);
        Path temp = Files.createTempDirectory("experiment");
        Files.writeString(Files.createDirectory(temp.resolve("tokenizer")).resolve("tokenizer.json"), "{}");
        Path base = temp.resolve("base");
        if (options.containsKey("base")) {
            base = Path.of(options.get("base"));
        } else {
            Plan.Pretrain plan = new Plan.Pretrain(
                    new Budget((long) option("pretrainSteps", 0), option("pretrain", 300)),
                    1,
                    (int) option("depth", 4),
                    128,
                    (int) option("rows", 0),
                    (int) option("width", 256),
                    option("rate", 0));
            report(
                    "pretrain",
                    new Pretraining(compute)
                            .run(
                                    plan,
                                    world.vocabulary(),
                                    pages,
                                    validation,
                                    new Console(temp, base, option("print", 20))));
        }
        if (options.containsKey("keep")) {
            Path keep = Path.of(options.get("keep"));
            try (Checkpoint c = Checkpoint.open(base);
                    PointerScope scope = new PointerScope()) {
                Parameters.of(c).write(keep, temp.resolve("tokenizer"), Map.of());
            }
        }
        List<Example> questions = world.conversations(0.5);
        Map<String, List<Example>> data = new HashMap<>(Map.of("facts", questions));
        double share = option("refusals", 0);
        if (share > 0) {
            data.put("refusals", world.refusals((int) (questions.size() * option("names", share / (1 - share)))));
        }
        if (option("familiarity", 0) > 0) {
            data.put("familiarity", world.familiarity((int) option("familiarity", 0)));
        }
        List<InventedWorld.Question> heldOut = world.heldOut(0.5);
        List<InventedWorld.Question> unknown = world.unknown(200);
        if (options.containsKey("measureBase")) {
            try (Checkpoint checkpoint = Checkpoint.open(base)) {
                measure("base", checkpoint, compute, heldOut, unknown);
            }
        }
        Path tuned = temp.resolve("tuned");
        try (Checkpoint checkpoint = Checkpoint.open(base)) {
            Plan.FineTune plan = new Plan.FineTune(
                    new Budget((long) option("finetuneSteps", 0), option("finetune", 60)),
                    2,
                    Map.of("refusals", option("refusalWeight", 1)),
                    option("documents", 0.5),
                    option("scale", 0),
                    (int) option("sftRows", 0));
            report(
                    "fine-tune",
                    new FineTuning(compute)
                            .run(
                                    plan,
                                    checkpoint,
                                    data,
                                    List.of(),
                                    pages,
                                    new Console(temp, tuned, option("print", 20))));
        }
        try (Checkpoint checkpoint = Checkpoint.open(tuned)) {
            measure("tuned", checkpoint, compute, heldOut, unknown);
        }
        try (Stream<Path> files = Files.walk(temp)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void measure(
            String what,
            Checkpoint checkpoint,
            ScalarType compute,
            List<InventedWorld.Question> heldOut,
            List<InventedWorld.Question> unknown) {
        try (PointerScope scope = new PointerScope()) {
            Decoder decoder = new Decoder(Parameters.of(checkpoint), compute);
            double exact = exact(decoder, heldOut);
            say(
                    "%s: held-out exact %.3f of %d, unknown refused %.3f of %d",
                    what, exact, heldOut.size(), exact(decoder, unknown), unknown.size());
        }
    }

    private static double exact(Decoder decoder, List<InventedWorld.Question> questions) {
        List<List<Integer>> answers = Greedy.answers(
                decoder, questions.stream().map(InventedWorld.Question::prompt).toList(), 16);
        int right = 0;
        for (int i = 0; i < answers.size(); i++) {
            right += questions.get(i).right().contains(answers.get(i)) ? 1 : 0;
        }
        return (double) right / answers.size();
    }

    private static void report(String stage, Outcome outcome) {
        say("%s: %d steps, %s", stage, outcome.steps(), outcome.figures());
    }

    private static void say(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }

    private static final class Console implements Listener {
        private final Path temp;
        private final Path target;
        private final double every;
        private double last = -1e9;

        Console(Path temp, Path target, double every) {
            this.temp = temp;
            this.target = target;
            this.every = every;
        }

        @Override
        public void measured(long step, SortedMap<String, Double> figures, double progress, double secondsLeft) {
            double seconds = figures.getOrDefault("train_seconds", 0.0);
            if (seconds - last >= every) {
                last = seconds;
                say(
                        "  %5.0f s step %d loss %.3f %.0f tok/s, %.0f s left, load %.1f",
                        seconds,
                        step,
                        figures.getOrDefault("loss_nats", 0.0),
                        figures.getOrDefault("tokens_per_second", 0.0),
                        secondsLeft,
                        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
            }
        }

        @Override
        public void publish(long step, Snapshot snapshot) throws IOException {
            snapshot.write(target, temp.resolve("tokenizer"), Map.of());
        }

        @Override
        public boolean cancelled() {
            return false;
        }
    }
}
