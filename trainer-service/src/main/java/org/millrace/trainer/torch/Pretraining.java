package org.millrace.trainer.torch;

import java.io.IOException;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.millrace.checkpoint.ModelConfig;
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
import org.millrace.trainer.Vocabulary;

/// Next-token prediction on documents, from random weights. Documents follow each other in a row
/// without seeing each other, in a new order each epoch.
final class Pretraining {

    private final ScalarType compute;
    private final Ranks ranks;

    Pretraining(ScalarType compute) {
        this(compute, new Alone());
    }

    Pretraining(ScalarType compute, Ranks ranks) {
        this.compute = compute;
        this.ranks = ranks;
    }

    Outcome run(
            Plan.Pretrain plan,
            Vocabulary vocabulary,
            List<Example> documents,
            List<Example> validation,
            Listener listener)
            throws TrainingFailed, IOException {
        Refusal.check("documents", documents, vocabulary.size());
        Refusal.checkIds("validation", validation.stream().map(Example::tokens).toList(), vocabulary.size());
        ModelConfig config = Scaling.model(plan, vocabulary);
        int rowsPerStep = plan.rowsPerStep() > 0 ? plan.rowsPerStep() : Scaling.ROWS_PER_STEP;
        Rates rates = Scaling.pretrainRates(plan, config, rowsPerStep);
        int atOnce = Scaling.rowsAtOnce(plan.descent(), config, rowsPerStep);
        Schedule schedule = Scaling.schedule(plan);
        Facts facts = new Facts(plan)
                .with("model", config)
                .with("documents", documents)
                .with("validation", validation);
        ranks.agree(facts.all());
        Epochs epochs = new Epochs(plan.seed(), order -> Packing.stream(documents, config.context(), order));
        try (PointerScope model = new PointerScope()) {
            Decoder decoder = new Decoder(
                    Parameters.random(config, plan.seed()),
                    compute,
                    plan.descent().recompute());
            Optimizer optimizer = new Optimizer(decoder.parameters(), rates, compute);
            Gradients gradients = ranks.gradients(decoder, atOnce);
            Run run = new Run(plan.budget(), listener, ranks);
            Milestones milestones = new Milestones(validation.isEmpty() ? 0 : Scaling.evaluations(plan.descent()));
            Keeper keeper = new Keeper(
                    listener.keeping(),
                    run,
                    ranks,
                    List.of(facts.sealed(), optimizer, run, milestones, rows("documents", epochs)));
            keeper.resume();
            while (run.goesOn()) {
                double factor = schedule.factor(run.used());
                List<Row> rows = epochs.next(rowsPerStep);
                run.counted(
                        Step.on(gradients, rows, List.of(), 0, optimizer, run.outliers(), factor),
                        (long) rowsPerStep * config.context());
                SortedMap<String, Double> figures = new TreeMap<>();
                if (milestones.reached(run.used())) {
                    figures.put("bits_per_byte", run.outside(() -> Evaluation.bitsPerByte(decoder, validation, ranks)));
                }
                run.report(figures);
                keeper.step();
            }
            if (run.cancelled()) {
                keeper.stopped();
            }
            SortedMap<String, Double> figures = new TreeMap<>();
            if (!run.cancelled()) {
                if (!validation.isEmpty()) {
                    figures.put("bits_per_byte", run.outside(() -> Evaluation.bitsPerByte(decoder, validation, ranks)));
                }
                listener.publish(run.steps(), decoder.parameters());
            }
            return run.outcome(figures);
        }
    }

    /// Where a run stands in its data, as a part of its state.
    static TrainingState.Part rows(String name, Epochs epochs) {
        return new TrainingState.Part() {
            @Override
            public void tell(TrainingState state) {
                state.put("rows." + name, epochs.state());
            }

            @Override
            public void take(TrainingState state) {
                epochs.restore(state.numbers("rows." + name));
            }
        };
    }
}
