package org.millrace.cli.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.millrace.cli.report.Chart;
import org.millrace.cli.report.Table;
import org.millrace.cli.train.Bar;
import org.millrace.cli.train.TrainingRun;
import org.millrace.proto.events.v1.Pretrain;
import org.millrace.world.Cloze;

/// Trains the base model on the documents, then shows what it knows and that it does not answer.
record PretrainStage(Plan.Pretrain plan) implements Stage {

    @Override
    public String title() {
        return "Pretrain";
    }

    @Override
    public Duration planned() {
        return plan.budget().expected().plusSeconds(14);
    }

    @Override
    public void run(Run run, Bar bar) throws InterruptedException {
        TrainingRun training = run.train(
                "demo-pretrain",
                plan.budget()
                        .plan()
                        .setModel(Run.POLICY)
                        .setTokenizer(Run.TOKENIZER)
                        .setSeed(run.seed)
                        .setPretrain(Pretrain.newBuilder()
                                .setDepth(plan.depth())
                                .setWidth(plan.width())
                                .setContext(plan.context())
                                .setRowsPerStep(plan.rowsPerStep())
                                .setLearningRate((float) plan.learningRate()))
                        .build(),
                bar,
                0,
                0.92);
        var model = run.answers.awaitVersion(Run.POLICY, 1, Duration.ofSeconds(60));
        bar.say("asking the base model");
        Exam.Result base = run.exam.ask(run.heldOut, share -> bar.to(0.92 + 0.04 * share));
        run.base = base;
        run.baseUnknown = run.exam.ask(run.unknown, share -> bar.to(0.96 + 0.01 * share));
        List<Cloze> statements = Run.sample(
                run.world.cloze().stream()
                        .filter(cloze ->
                                cloze.kind().equals(run.world.mainKind().name()))
                        .toList(),
                run.plan.examQuestions(),
                run.seed);
        double cloze = run.exam.cloze(statements, share -> bar.to(0.97 + 0.03 * share));

        run.figures.put("parameters", model.getParameters());
        run.figures.put("bits_per_byte", training.last("bits_per_byte"));
        run.figures.put("cloze", cloze);
        run.figures.put("base_exact", base.rightShare());
        run.figures.put("base_stopped", base.stoppedShare());
        run.figures.put("pretrain_tokens_per_second", training.last("tokens_per_second"));
        Findings section = run.section();
        Chart.Line bits = training.line("bits_per_byte", "held-out pages");
        section.row(
                "bits per byte on held-out pages, at a quarter, at the end",
                bits.y().isEmpty() ? "" : "%.3f".formatted(bits.y().getFirst()),
                "%.3f".formatted(training.last("bits_per_byte")));
        section.row("facts completed (cloze)", "", Run.percent(cloze));
        section.row("exact answers to held-out questions", "", Run.percent(base.rightShare()));
        section.note("%,d parameters, %,d steps, %,.0f tokens a second."
                .formatted(model.getParameters(), training.steps(), training.last("tokens_per_second")));
        section.note(
                "Asked a question, the base model goes on with text as it stood on the pages; it does not answer.");
        section.chart(new Chart.Lines("Loss", "step", "nats a token", List.of(training.line("loss_nats", "training"))));
        section.chart(new Chart.Lines("Bits per byte", "step", "bits per byte", List.of(bits)));
        section.table(examples("What the base model says", base));
    }

    static Table examples(String title, Exam.Result result) {
        List<List<String>> rows = new ArrayList<>();
        for (Exam.Marked marked :
                result.marked().subList(0, Math.min(8, result.marked().size()))) {
            rows.add(List.of(
                    marked.question().text(),
                    marked.answer(),
                    marked.grade().getClass().getSimpleName()));
        }
        return new Table(title, List.of("question", "answer", "grade"), rows);
    }
}
