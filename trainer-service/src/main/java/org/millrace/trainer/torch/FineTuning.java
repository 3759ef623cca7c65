package org.millrace.trainer.torch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.trainer.Epochs;
import org.millrace.trainer.Example;
import org.millrace.trainer.Listener;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.Packing;
import org.millrace.trainer.Plan;
import org.millrace.trainer.Rates;
import org.millrace.trainer.Refusal;
import org.millrace.trainer.Row;
import org.millrace.trainer.Scaling;
import org.millrace.trainer.Schedule;
import org.millrace.trainer.TrainingFailed;

/// What the assistant says in conversations. Many short ones share a row without seeing each
/// other; document rows are mixed in, so that facts are not forgotten while the form is learned.
final class FineTuning {

    private final ScalarType compute;
    private final Ranks ranks;

    FineTuning(ScalarType compute) {
        this(compute, new Alone());
    }

    FineTuning(ScalarType compute, Ranks ranks) {
        this.compute = compute;
        this.ranks = ranks;
    }

    Outcome run(
            Plan.FineTune plan,
            Checkpoint base,
            Map<String, List<Example>> conversations,
            List<Example> validation,
            List<Example> documents,
            Listener listener)
            throws TrainingFailed, IOException {
        int vocabulary = base.config().vocabulary();
        for (Map.Entry<String, List<Example>> dataset : conversations.entrySet()) {
            Refusal.check("conversations." + dataset.getKey(), dataset.getValue(), vocabulary);
        }
        Refusal.checkIds("validation", validation.stream().map(Example::tokens).toList(), vocabulary);
        if (plan.documentWeight() > 0) {
            Refusal.check("documents", documents, vocabulary);
        }
        int context = base.config().context();
        long tooLong = conversations.values().stream()
                .flatMap(List::stream)
                .filter(conversation -> !Packing.fits(conversation, context))
                .count();
        Function<Random, List<Row>> mixed =
                order -> Packing.whole(mixture(conversations, plan.datasetWeights(), order), context, order);
        if (mixed.apply(new Random(plan.seed())).isEmpty()) {
            throw new TrainingFailed(
                    "conversations: expected at least one with a target, a weight above 0 and at most %d tokens, got none (%d are longer)"
                            .formatted(context + 1, tooLong));
        }
        Facts facts = new Facts(plan)
                .with("base", base)
                .with("validation", validation)
                .with("documents", documents);
        conversations.forEach((name, examples) -> facts.with("conversations." + name, examples));
        ranks.agree(facts.all());
        Epochs chats = new Epochs(plan.seed(), mixed);
        Epochs pages = new Epochs(plan.seed() + 1, order -> Packing.stream(documents, context, order));
        int rowsPerStep = plan.rowsPerStep() > 0 ? plan.rowsPerStep() : Scaling.FINE_TUNE_ROWS;
        // Their share of the loss is the plan's, however few they are.
        int documentRows =
                plan.documentWeight() == 0 ? 0 : Math.max(1, (int) Math.round(rowsPerStep * plan.documentWeight()));
        int chatRows = Math.max(1, rowsPerStep - documentRows);
        int atOnce = Scaling.rowsAtOnce(plan.descent(), base.config(), chatRows + documentRows);
        Schedule schedule = Scaling.schedule(plan);
        Rates rates = Scaling.fineTuneRates(plan, base.config());
        try (PointerScope model = new PointerScope()) {
            Decoder decoder =
                    new Decoder(Parameters.of(base), compute, plan.descent().recompute());
            Optimizer optimizer = new Optimizer(decoder.parameters(), rates, compute);
            Gradients gradients = ranks.gradients(decoder, atOnce);
            Run run = new Run(plan.budget(), listener, ranks);
            Keeper keeper = new Keeper(
                    listener.keeping(),
                    run,
                    ranks,
                    List.of(
                            facts.sealed(),
                            optimizer,
                            run,
                            Pretraining.rows("conversations", chats),
                            Pretraining.rows("documents", pages)));
            keeper.resume();
            while (run.goesOn()) {
                double factor = schedule.factor(run.used());
                List<Row> mixedIn = documentRows == 0 ? List.of() : pages.next(documentRows);
                run.counted(
                        Step.on(
                                gradients,
                                chats.next(chatRows),
                                mixedIn,
                                plan.documentWeight(),
                                optimizer,
                                run.outliers(),
                                factor),
                        (long) (chatRows + mixedIn.size()) * context);
                run.report(new TreeMap<>());
                keeper.step();
            }
            if (run.cancelled()) {
                keeper.stopped();
            }
            SortedMap<String, Double> figures = new TreeMap<>();
            if (tooLong > 0) {
                figures.put("conversations_too_long", (double) tooLong);
            }
            if (!run.cancelled()) {
                if (!Packing.whole(validation, context, new Random(0)).isEmpty()) {
                    figures.put("validation_loss_nats", run.outside(() -> Evaluation.nats(decoder, validation, ranks)));
                }
                listener.publish(run.steps(), decoder.parameters());
            }
            return run.outcome(figures);
        }
    }

    /// One epoch: each data set as often as its weight says, the fraction by chance.
    static List<Example> mixture(Map<String, List<Example>> conversations, Map<String, Double> weights, Random random) {
        List<Example> epoch = new ArrayList<>();
        for (Map.Entry<String, List<Example>> dataset : new TreeMap<>(conversations).entrySet()) {
            double weight = weights.getOrDefault(dataset.getKey(), 1.0);
            List<Example> examples = new ArrayList<>(dataset.getValue());
            for (int copy = 0; copy < (int) weight; copy++) {
                epoch.addAll(examples);
            }
            Collections.shuffle(examples, random);
            epoch.addAll(examples.subList(0, (int) Math.round((weight - (int) weight) * examples.size())));
        }
        return epoch;
    }
}
