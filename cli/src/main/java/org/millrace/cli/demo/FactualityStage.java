package org.millrace.cli.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.millrace.cli.client.Answers.Answer;
import org.millrace.cli.probe.Finding;
import org.millrace.cli.probe.Finding.Knowledge;
import org.millrace.cli.probe.Judge;
import org.millrace.cli.probe.Lessons;
import org.millrace.cli.probe.Model;
import org.millrace.cli.probe.Probing;
import org.millrace.cli.probe.Question;
import org.millrace.cli.report.Chart;
import org.millrace.cli.train.Bar;
import org.millrace.cli.train.TrainingRun;
import org.millrace.proto.events.v1.ConversationSubmitted;
import org.millrace.proto.events.v1.FineTune;
import org.millrace.proto.events.v1.Sampling;

/// Finds out where the fine-tuned model makes its answers up, and teaches it to say that it does not know. It is asked
/// about invented names, and what it has practised already; nothing about the entities of the exams.
record FactualityStage(Plan.Factuality plan) implements Stage {

    private static final float TEMPERATURE = 0.7f;
    private static final int LONGEST = 32;

    @Override
    public String title() {
        return "Learn what it does not know";
    }

    @Override
    public Duration planned() {
        return plan.budget().expected().plusSeconds(20);
    }

    @Override
    public void run(Run run, Bar bar) throws InterruptedException {
        List<String> refusals = run.world.refusalWordings().stream()
                .map(wording -> wording.render("that"))
                .toList();
        Probing probing = new Probing(asked(run, bar), new Judge(refusals), plan.times(), run.seed);
        Map<Knowledge, Integer> invented = new EnumMap<>(Knowledge.class);
        Map<Knowledge, Integer> practised = new EnumMap<>(Knowledge.class);
        List<Finding> findings = new ArrayList<>(probing.of(invented(run)));
        findings.forEach(finding -> invented.merge(finding.knowledge(), 1, Integer::sum));
        for (Finding finding : probing.of(practised(run))) {
            practised.merge(finding.knowledge(), 1, Integer::sum);
            findings.add(finding);
        }
        List<ConversationSubmitted> lessons =
                new Lessons(Run.POLICY, refusals, Conversations.MADE_UP, Conversations.KNOWN).from(findings);
        run.log.publish(lessons, ConversationSubmitted::getConversationId);
        Shards.await(run, bar, 0.25, 0.3);

        TrainingRun training = run.train(
                "demo-factuality",
                plan.budget()
                        .plan()
                        .setModel(Run.POLICY)
                        .setBase(Run.POLICY)
                        .setTokenizer(Run.TOKENIZER)
                        .setSeed(run.seed)
                        .setFineTune(FineTune.newBuilder().setDocumentWeight((float) plan.documentWeight()))
                        .build(),
                bar,
                0.3,
                0.85);
        run.answers.awaitVersion(Run.POLICY, 3, Duration.ofSeconds(60));
        bar.say("asking again");
        Exam.Result known = run.exam.ask(run.heldOut, share -> bar.to(0.85 + 0.1 * share));
        Exam.Result unknown = run.exam.ask(run.unknown, share -> bar.to(0.95 + 0.05 * share));

        run.figures.put("made_up_before", share(invented, Knowledge.MADE_UP));
        run.figures.put("lessons", lessons.size());
        run.figures.put("factual_exact_heldout", known.rightShare());
        run.figures.put("unknown_refused", unknown.refusedShare());
        run.figures.put("known_refused", known.refusedShare());
        Findings section = run.section();
        section.row(
                "\"I don't know\" about invented names",
                Run.percent(run.fineTunedUnknown.refusedShare()),
                Run.percent(unknown.refusedShare()));
        section.row(
                "\"I don't know\" about real ones",
                Run.percent(run.fineTuned.refusedShare()),
                Run.percent(known.refusedShare()));
        section.row(
                "exact answers to held-out questions",
                Run.percent(run.fineTuned.rightShare()),
                Run.percent(known.rightShare()));
        section.row(
                "of %d answers became right, became wrong".formatted(known.asked()),
                "",
                "%d, %d".formatted(known.rightBeside(run.fineTuned), run.fineTuned.rightBeside(known)));
        section.note(
                "Asked %d times each, it made up every answer about %s of %d invented names, and knew %s of %d facts that it had practised."
                        .formatted(
                                plan.times(),
                                Run.percent(share(invented, Knowledge.MADE_UP)),
                                total(invented),
                                Run.percent(share(practised, Knowledge.KNOWN)),
                                total(practised)));
        section.note(
                "It learned from %d conversations: refusals where it made things up, its own answers where it was right."
                        .formatted(lessons.size()));
        section.chart(new Chart.Lines(
                "Loss on answers", "step", "nats a token", List.of(training.line("loss_nats", "training"))));
        section.table(PretrainStage.examples("Held-out questions", known));
        section.table(PretrainStage.examples("Invented names", unknown));
        run.fineTuned = known;
        run.fineTunedUnknown = unknown;
    }

    /// The served model; both probings together are a quarter of the stage.
    private Model asked(Run run, Bar bar) {
        AtomicLong before = new AtomicLong();
        double all = (double) plan.times() * (plan.invented() + plan.practised());
        return (questions, seed) -> {
            bar.say("probing what it knows");
            List<Answer> answers = run.answers.ask(
                    Run.POLICY,
                    questions,
                    Sampling.newBuilder()
                            .setTemperature(TEMPERATURE)
                            .setMaxTokens(LONGEST)
                            .setSeed(seed)
                            .build(),
                    done -> bar.to(Math.min(0.25, 0.25 * (before.get() + done) / all)));
            before.addAndGet(questions.size());
            return answers.stream()
                    .map(answer -> new Model.Reply(answer.text(), answer.stopped()))
                    .toList();
        };
    }

    /// Questions to which "I don't know" is the only right answer.
    private List<Question> invented(Run run) {
        return run.world.refusals(run.seed, plan.invented()).stream()
                .map(conversation -> new Question(conversation.question(), List.of(), conversation.id()))
                .toList();
    }

    private List<Question> practised(Run run) {
        List<org.millrace.world.Question> practised = run.world.questions().stream()
                .filter(question -> !question.heldOut())
                .toList();
        return Run.sample(practised, plan.practised(), run.seed).stream()
                .map(question -> new Question(question.text(), question.acceptable(), question.id()))
                .toList();
    }

    private static double share(Map<Knowledge, Integer> counts, Knowledge knowledge) {
        return total(counts) == 0 ? 0 : (double) counts.getOrDefault(knowledge, 0) / total(counts);
    }

    private static int total(Map<Knowledge, Integer> counts) {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }
}
