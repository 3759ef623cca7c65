package org.millrace.cli.demo;

import java.time.Duration;
import java.util.List;
import org.millrace.cli.report.Chart;
import org.millrace.cli.train.Bar;
import org.millrace.cli.train.TrainingRun;
import org.millrace.proto.events.v1.FineTune;
import org.millrace.proto.events.v1.TrainingPlan;

/// Teaches the model to answer, with questions about half of the entities, and asks about the other half.
record FineTuneStage(Plan.FineTune plan) implements Stage {

    @Override
    public String title() {
        return "Fine-tune on questions";
    }

    @Override
    public Duration planned() {
        return plan.budget().expected().plusSeconds(5);
    }

    @Override
    public void run(Run run, Bar bar) throws InterruptedException {
        TrainingRun training =
                run.train("demo-fine-tune", training(run.seed, Run.POLICY).build(), bar, 0, 0.85);
        run.answers.awaitVersion(Run.POLICY, 2, Duration.ofSeconds(60));
        bar.say("asking the fine-tuned model");
        Exam.Result known = run.exam.ask(run.heldOut, share -> bar.to(0.85 + 0.1 * share));
        Exam.Result unknown = run.exam.ask(run.unknown, share -> bar.to(0.95 + 0.05 * share));

        run.fineTuned = known;
        run.figures.put("sft_exact_heldout", known.rightShare());
        run.figures.put("unknown_refused", unknown.refusedShare());
        run.figures.put("known_refused", known.refusedShare());
        run.figures.put("sft_stopped", known.stoppedShare());
        Findings section = run.section();
        section.row(
                "exact answers to held-out questions",
                Run.percent(run.figures.number("base_exact")),
                Run.percent(known.rightShare()));
        section.row(
                "answers that end by themselves",
                Run.percent(run.base.stoppedShare()),
                Run.percent(known.stoppedShare()));
        section.row(
                "\"I don't know\" about invented names",
                Run.percent(run.baseUnknown.refusedShare()),
                Run.percent(unknown.refusedShare()));
        section.row(
                "\"I don't know\" about real ones",
                Run.percent(run.base.refusedShare()),
                Run.percent(known.refusedShare()));
        if (run.withoutRefusals.asked() > 0) {
            double lost = run.withoutRefusals.rightShare() - known.rightShare();
            run.figures.put("refusals_cost", lost);
            section.row(
                    "the same fine-tuned without refusals, and with",
                    Run.percent(run.withoutRefusals.rightShare()),
                    Run.percent(known.rightShare()));
        }
        section.note(
                "No fine-tuning conversation asks about the entities of these questions: the answers come from the pages.");
        section.chart(new Chart.Lines(
                "Loss on answers", "step", "nats a token", List.of(training.line("loss_nats", "training"))));
        section.table(PretrainStage.examples("Held-out questions", known));
        section.table(PretrainStage.examples("Invented names", unknown));
    }

    /// The run that this stage makes of the newest [Run#POLICY], to be published as `model`.
    TrainingPlan.Builder training(long seed, String model) {
        return plan.budget()
                .plan()
                .setModel(model)
                .setBase(Run.POLICY)
                .setTokenizer(Run.TOKENIZER)
                .setSeed(seed)
                .setFineTune(FineTune.newBuilder().setDocumentWeight((float) plan.documentWeight()));
    }
}
