package org.millrace.cli.eval;

import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleConsumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.Failure;
import org.millrace.cli.client.Answers.Answer;
import org.millrace.cli.client.AtOnce;
import org.millrace.cli.eval.TaskResult.Besides;
import org.millrace.cli.eval.statistics.Calibration;
import org.millrace.cli.eval.statistics.Figure;
import org.millrace.cli.eval.statistics.SignTest;
import org.millrace.cli.eval.task.Form;
import org.millrace.cli.eval.task.Item;
import org.millrace.cli.eval.task.Kind;
import org.millrace.cli.eval.task.Task;

/// Asks one model the items of one task, many at a time, and sums up.
final class Evaluation {

    private final ServedModel model;
    private final Task task;
    private final Settings settings;
    private final Prompting prompting;
    private final DoubleConsumer progress;
    private final AtomicInteger truncated = new AtomicInteger();

    /// @param seed of examples and resamples
    /// @param stride ids that a window of a long text scores; 0: half the context
    /// @param bins of the calibration
    record Settings(long seed, int stride, int bins) {}

    /// @param progress hears which share of the items is done
    Evaluation(ServedModel model, Task task, Settings settings, DoubleConsumer progress) {
        this.model = model;
        this.task = task;
        this.settings = settings;
        this.prompting = new Prompting(model.tokenizer(), model.chat(), model.begin(), task.form());
        this.progress = progress;
    }

    TaskResult run() throws InterruptedException {
        return switch (task.kind()) {
            case BITS_PER_BYTE -> documents();
            case CHOICE -> choices();
            case CLOZE -> clozes();
            case EXACT -> questions();
            case BIAS -> pairs();
        };
    }

    private interface Asking<I, O> {
        O ask(int item, I asked) throws InterruptedException;
    }

    private <O> List<O> all(Asking<Item, O> asking) throws InterruptedException {
        return all(task.items().subList(0, task.asked()), asking);
    }

    private <I, O> List<O> all(List<I> items, Asking<I, O> asking) throws InterruptedException {
        return AtOnce.all(
                IntStream.range(0, items.size()).boxed().toList(),
                item -> {
                    try {
                        return asking.ask(item, items.get(item));
                    } catch (StatusRuntimeException e) {
                        throw failure(item, "the inference service says " + e.getStatus(), e);
                    } catch (Failure | IllegalArgumentException e) {
                        throw failure(item, String.valueOf(e.getMessage()), e);
                    }
                },
                done -> progress.accept((double) done / items.size()));
    }

    private Failure failure(int item, String reason, RuntimeException cause) {
        String what = task.kind() == Kind.BITS_PER_BYTE ? "window" : "item";
        return new Failure("%s, %s %d: %s".formatted(task.name(), what, item + 1, reason), cause);
    }

    private record Part(int document, Scorable window) {}

    private TaskResult documents() throws InterruptedException {
        int[] bytesOf = model.tokenizer().tokenBytes();
        List<Part> parts = new ArrayList<>();
        double[] bytes = new double[task.asked()];
        long tokens = 0;
        for (int i = 0; i < bytes.length; i++) {
            int[] ids = model.tokenizer().encode(((Item.Document) task.items().get(i)).text());
            bytes[i] = IntStream.of(ids).mapToLong(id -> bytesOf[id]).sum();
            tokens += ids.length;
            for (Scorable window : Windows.of(model.begin(), ids, model.context(), stride())) {
                parts.add(new Part(i, window));
            }
        }
        List<Double> scores = all(parts, (_, part) -> model.score(part.window()).getFirst());
        double[] bits = new double[bytes.length];
        for (int i = 0; i < parts.size(); i++) {
            bits[parts.get(i).document()] -= scores.get(i) / Math.log(2);
        }
        return result(
                List.of(Figure.ratio("bits_per_byte", bits, bytes)),
                Optional.empty(),
                Optional.empty(),
                new Besides.Read((long) DoubleStream.of(bytes).sum(), tokens, parts.size(), stride()));
    }

    private int stride() {
        int most = model.context() - 1;
        if (settings.stride() > most) {
            throw new Failure("--stride: expected at most %d for the context of %s, got %d"
                    .formatted(most, model.label(), settings.stride()));
        }
        return settings.stride() == 0 ? Math.max(1, model.context() / 2) : settings.stride();
    }

    /// @param nats log-likelihood
    /// @param bytes of the continuation's text
    private record Scored(double nats, int bytes, int tokens) {

        double by(Form.By by) {
            return switch (by) {
                case SUM -> nats;
                case BYTE -> nats / bytes;
                case TOKEN -> nats / tokens;
            };
        }
    }

    private TaskResult choices() throws InterruptedException {
        List<List<Scored>> scored = all((item, asked) -> options(item, (Item.Choice) asked));
        int n = scored.size();
        int[] gold = new int[n];
        double[] confidences = new double[n];
        boolean[] sure = new boolean[n];
        double baseline = 0;
        for (int i = 0; i < n; i++) {
            gold[i] = ((Item.Choice) task.items().get(i)).gold();
            int likeliest = likeliest(scored.get(i), option -> option.by(Form.By.SUM));
            confidences[i] = probability(scored.get(i), likeliest);
            sure[i] = likeliest == gold[i];
            baseline += 1.0 / scored.get(i).size() / n;
        }
        List<Figure> figures = new ArrayList<>();
        for (Form.By by : Form.By.values()) {
            Boolean[] right = new Boolean[n];
            for (int i = 0; i < n; i++) {
                right[i] = likeliest(scored.get(i), option -> option.by(by)) == gold[i];
            }
            figures.add(Figure.share("accuracy_" + by.label(), right));
        }
        Figure centred = figures.get(task.form().by().ordinal()).centred("centred_accuracy", baseline);
        figures.addFirst(centred);
        return result(
                figures,
                Optional.of(centred),
                Optional.of(Calibration.of(confidences, sure, settings.bins())),
                new Besides.Guessing(baseline));
    }

    /// Options of one context are scored in one request.
    private List<Scored> options(int item, Item.Choice choice) throws InterruptedException {
        List<Item.Option> options = choice.options();
        if (options.stream().map(Item.Option::context).distinct().count() == 1) {
            return score(
                    prompt(item, options.getFirst().context()),
                    options.stream().map(Item.Option::continuation).toList());
        }
        List<Scored> scored = new ArrayList<>();
        for (Item.Option option : options) {
            scored.addAll(score(prompt(item, option.context()), List.of(option.continuation())));
        }
        return scored;
    }

    private Prompting.Prompt prompt(int item, String context) {
        return new Prompting.Prompt(task.examples(item, settings.seed()), context);
    }

    private List<Scored> score(Prompting.Prompt prompt, List<String> continuations) throws InterruptedException {
        Scorable scorable = scorable(prompt, continuations);
        List<Double> nats = model.score(scorable);
        List<Scored> scored = new ArrayList<>();
        for (int i = 0; i < continuations.size(); i++) {
            scored.add(new Scored(
                    nats.get(i),
                    continuations.get(i).getBytes(StandardCharsets.UTF_8).length,
                    scorable.continuations().get(i).length));
        }
        return scored;
    }

    private Scorable scorable(Prompting.Prompt prompt, List<String> continuations) {
        Scorable scorable = Scorable.of(
                prompting.context(prompt),
                continuations.stream()
                        .map(text -> prompting.whole(prompt, text))
                        .toList(),
                model.context());
        if (scorable.truncated()) {
            truncated.incrementAndGet();
        }
        return scorable;
    }

    /// The first of those that are equally likely.
    private static int likeliest(List<Scored> options, ToDoubleFunction<Scored> likely) {
        int best = 0;
        for (int i = 1; i < options.size(); i++) {
            if (likely.applyAsDouble(options.get(i)) > likely.applyAsDouble(options.get(best))) {
                best = i;
            }
        }
        return best;
    }

    /// Of the likeliest option among all: `1 / Σ_i exp(nats_i − nats_best)`.
    private static double probability(List<Scored> options, int likeliest) {
        double most = options.get(likeliest).nats();
        return 1
                / options.stream()
                        .mapToDouble(option -> Math.exp(option.nats() - most))
                        .sum();
    }

    private record Completed(boolean right, double bits, int bytes) {}

    private TaskResult clozes() throws InterruptedException {
        List<Completed> completed = all((item, asked) -> complete(item, (Item.Cloze) asked));
        Figure accuracy = Figure.share(
                "accuracy", completed.stream().map(Completed::right).toArray(Boolean[]::new));
        Figure bits = Figure.ratio(
                "target_bits_per_byte",
                completed.stream().mapToDouble(Completed::bits).toArray(),
                completed.stream().mapToDouble(Completed::bytes).toArray());
        return result(List.of(accuracy, bits), Optional.of(accuracy), Optional.empty(), new Besides.Nothing());
    }

    /// Whether each id of the continuation is the likeliest behind those before it: then, and only then, they are
    /// what is drawn greedily.
    private Completed complete(int item, Item.Cloze cloze) throws InterruptedException {
        Scorable scorable = scorable(prompt(item, cloze.context()), List.of(cloze.continuation()));
        int[] target = scorable.continuations().getFirst();
        double nats = model.score(scorable).getFirst();
        Answer answer = model.greedy(scorable.prompt(), target.length, Optional.empty());
        return new Completed(
                answer.tokens().equals(IntStream.of(target).boxed().toList()),
                -nats / Math.log(2),
                cloze.continuation().getBytes(StandardCharsets.UTF_8).length);
    }

    private record Answered(boolean right, boolean ended) {}

    private TaskResult questions() throws InterruptedException {
        List<Answered> answered = all((item, asked) -> answer(item, (Item.Question) asked));
        Figure accuracy =
                Figure.share("accuracy", answered.stream().map(Answered::right).toArray(Boolean[]::new));
        Figure ended =
                Figure.share("ended", answered.stream().map(Answered::ended).toArray(Boolean[]::new));
        return result(List.of(accuracy, ended), Optional.of(accuracy), Optional.empty(), new Besides.Nothing());
    }

    /// An answer that was cut off is not an answer: the model must end it by itself.
    private Answered answer(int item, Item.Question question) throws InterruptedException {
        int[] prompt = prompting.context(prompt(item, question.query()));
        int room = model.context() - task.form().maxTokens();
        if (room < 1) {
            throw new Failure("max_tokens: expected fewer than the context of %d, got %d"
                    .formatted(model.context(), task.form().maxTokens()));
        }
        if (prompt.length > room) {
            truncated.incrementAndGet();
            prompt = Scorable.withoutBeginning(prompt, prompt.length - room);
        }
        Answer answer = model.greedy(
                prompt, task.form().maxTokens(), Optional.of(task.form().stop()));
        return new Answered(
                answer.stopped() && Normalised.isAmong(answer.text(), question.answers()), answer.stopped());
    }

    private TaskResult pairs() throws InterruptedException {
        double[] differences = all((_, asked) -> difference((Item.Pair) asked)).stream()
                .mapToDouble(nats -> nats)
                .toArray();
        @Nullable Boolean[] first = new @Nullable Boolean[differences.length];
        for (int i = 0; i < first.length; i++) {
            first[i] = differences[i] == 0 ? null : differences[i] > 0;
        }
        long ones = DoubleStream.of(differences).filter(nats -> nats > 0).count();
        long others = DoubleStream.of(differences).filter(nats -> nats < 0).count();
        return result(
                List.of(Figure.mean("difference_nats", differences), Figure.share("first_preferred", first)),
                Optional.empty(),
                Optional.empty(),
                new Besides.Signs(ones, others, SignTest.twoSided(ones, others)));
    }

    private double difference(Item.Pair pair) throws InterruptedException {
        List<Double> nats = model.score(scorable(
                new Prompting.Prompt(Collections.emptyList(), pair.context()), List.of(pair.first(), pair.second())));
        return nats.get(0) - nats.get(1);
    }

    private TaskResult result(
            List<Figure> figures, Optional<Figure> score, Optional<Calibration> calibration, Besides besides) {
        return new TaskResult(figures, score, calibration, truncated.get(), besides);
    }
}
