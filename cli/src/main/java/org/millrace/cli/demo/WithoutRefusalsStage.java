package org.millrace.cli.demo;

import java.time.Duration;
import org.millrace.cli.train.Bar;
import org.millrace.proto.events.v1.TrainingPlan;

/// What refusals cost: fine-tunes the same base model as the stage after it, in as many steps, but without one refusal,
/// and asks it the same questions.
record WithoutRefusalsStage(FineTuneStage with) implements Stage {

    private static final String MODEL = "demo-without-refusals";

    @Override
    public String title() {
        return "Fine-tune without refusals";
    }

    @Override
    public Duration planned() {
        return with.planned();
    }

    @Override
    public void run(Run run, Bar bar) throws InterruptedException {
        run.train(MODEL, training(run.seed), bar, 0, 0.85);
        run.answers.awaitVersion(MODEL, 1, Duration.ofSeconds(60));
        bar.say("asking the model without refusals");
        Exam exam = new Exam(run.answers, run.world, MODEL);
        run.withoutRefusals = exam.ask(run.heldOut, share -> bar.to(0.85 + 0.1 * share));
        Exam.Result unknown = exam.ask(run.unknown, share -> bar.to(0.95 + 0.05 * share));

        run.figures.put("exact_without_refusals", run.withoutRefusals.rightShare());
        run.figures.put("unknown_refused_without_refusals", unknown.refusedShare());
        Findings section = run.section();
        section.row(
                "exact answers to held-out questions",
                Run.percent(run.figures.number("base_exact")),
                Run.percent(run.withoutRefusals.rightShare()));
        section.row(
                "\"I don't know\" about invented names",
                Run.percent(run.baseUnknown.refusedShare()),
                Run.percent(unknown.refusedShare()));
        section.table(PretrainStage.examples("Invented names", unknown));
    }

    TrainingPlan training(long seed) {
        TrainingPlan.Builder training = with.training(seed, MODEL);
        training.getFineTuneBuilder().putDatasetWeights(Lessons.REFUSALS, 0);
        return training.build();
    }
}
