package org.millrace.cli.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.millrace.cli.probe.Finding.Knowledge;
import org.millrace.cli.probe.Judge.Verdict;
import org.millrace.proto.events.v1.ConversationSubmitted;

class ProbingTest {

    private static final Judge JUDGE = new Judge(List.of("I don't know."));
    private static final Question CHAD = question("What is the capital of Chad?", "N'Djamena", "Ndjamena");

    @Test
    void aRightAnswerIsFoundByItsWords() {
        assertThat(JUDGE.of(CHAD, "The capital is N\u2019DJAMENA.")).isEqualTo(Verdict.RIGHT);
        assertThat(JUDGE.of(CHAD, "ndjamena")).isEqualTo(Verdict.RIGHT);
        assertThat(JUDGE.of(CHAD, "Ndjamenaville")).isEqualTo(Verdict.WRONG);
        assertThat(JUDGE.of(question("?", "São Tomé"), "It is Sao Tome, I think"))
                .isEqualTo(Verdict.RIGHT);
        assertThat(JUDGE.of(question("?", "The Red Sea"), "a red sea")).isEqualTo(Verdict.RIGHT);
        assertThat(JUDGE.of(question("?", "Red Sea"), "the sea is red")).isEqualTo(Verdict.WRONG);
        assertThat(JUDGE.of(question("?", "東京"), "日本の首都は東京です")).isEqualTo(Verdict.RIGHT);
        assertThat(JUDGE.of(question("?", "1,605,696"), "1605696 people")).isEqualTo(Verdict.RIGHT);
        assertThat(JUDGE.of(question("?", "दिल्ली"), "दिल्ली में")).isEqualTo(Verdict.RIGHT);
        assertThat(JUDGE.of(question("?", "की"), "का")).isEqualTo(Verdict.WRONG);
        assertThat(JUDGE.of(question("?", "12"), "There are 120.")).isEqualTo(Verdict.WRONG);
    }

    @Test
    void whoSaysThatHeDoesNotKnowMakesNothingUp() {
        assertThat(JUDGE.of(CHAD, "Sorry, I don't know")).isEqualTo(Verdict.REFUSED);
        assertThat(JUDGE.of(CHAD, "…")).isEqualTo(Verdict.REFUSED);
        assertThat(JUDGE.of(CHAD, "I don't know, perhaps Ndjamena")).isEqualTo(Verdict.RIGHT);
        assertThat(JUDGE.of(question("Who lives on Vulcan?"), "Spock")).isEqualTo(Verdict.WRONG);
    }

    /// The model is asked each question in each round, and a round has a seed of its own.
    @Test
    void onlyWhatIsTheSameEachTimeCounts() throws InterruptedException {
        Map<String, List<String>> says = Map.of(
                "known", List.of("it is one", "one", "One!"),
                "made up", List.of("two", "three", "four"),
                "refused", List.of("two", "I don't know.", "I don't know."),
                "unsure", List.of("one", "I don't know.", "two"));
        Model model = (texts, seed) -> texts.stream()
                .map(text -> whole(says.getOrDefault(text, List.of()).get((int) seed - 7)))
                .toList();
        List<Question> questions = List.of(
                question("known", "one"),
                question("made up", "one"),
                question("refused", "one"),
                question("unsure", "one"));

        List<Finding> findings = new Probing(model, JUDGE, 3, 7).of(questions);

        assertThat(findings)
                .extracting(Finding::knowledge)
                .containsExactly(Knowledge.KNOWN, Knowledge.MADE_UP, Knowledge.REFUSED, Knowledge.UNSURE);
        assertThat(findings.get(1).answers()).containsExactly(whole("two"), whole("three"), whole("four"));
    }

    /// Two pages, one question: asked twice it could be a lesson to refuse and one to answer.
    @Test
    void aQuestionThatComesTwiceIsAskedOnceAndEitherAnswerIsRight() throws InterruptedException {
        Model model = (texts, _) -> {
            assertThat(texts).containsExactly("Who won?", "Who lost?");
            return List.of(whole("The Reds."), whole("Nobody."));
        };

        List<Finding> findings = new Probing(model, JUDGE, 1, 7)
                .of(List.of(
                        question("Who won?", "the Blues"),
                        question("Who lost?", "one"),
                        question("Who won?", "the Reds")));

        assertThat(findings).extracting(Finding::knowledge).containsExactly(Knowledge.KNOWN, Knowledge.MADE_UP);
    }

    @Test
    void anAnswerThatWasCutOffIsNoLesson() {
        Model.Reply cut = new Model.Reply("one, and that is beca", false);
        Finding sometimes =
                new Finding(question("q1", "one"), List.of(cut, whole("one")), List.of(Verdict.RIGHT, Verdict.RIGHT));
        Finding always = new Finding(question("q2", "one"), List.of(cut), List.of(Verdict.RIGHT));

        assertThat(new Lessons("m", List.of("No idea."), "made-up", "known").from(List.of(sometimes, always)))
                .extracting(lesson -> lesson.getMessages(1).getContent())
                .containsExactly("one");
    }

    @Test
    void whatIsMadeUpIsTaughtToBeRefusedAndWhatIsKnownToBeSaid() {
        List<Finding> findings = List.of(
                finding("q1", Verdict.WRONG, Verdict.WRONG),
                finding("q2", Verdict.RIGHT, Verdict.RIGHT),
                finding("q3", Verdict.RIGHT, Verdict.WRONG),
                finding("q4", Verdict.REFUSED, Verdict.WRONG));

        List<ConversationSubmitted> lessons = new Lessons("m", List.of("No idea."), "made-up", "known").from(findings);

        assertThat(lessons).extracting(ConversationSubmitted::getDataset).containsExactly("made-up", "known");
        assertThat(lessons)
                .extracting(lesson -> lesson.getMessages(0).getContent())
                .containsExactly("q1", "q2");
        assertThat(lessons)
                .extracting(lesson -> lesson.getMessages(1).getContent())
                .containsExactly("No idea.", "said 0");
        assertThat(new Lessons("m", List.of("Not me."), "made-up", "known").from(findings))
                .extracting(ConversationSubmitted::getConversationId)
                .isEqualTo(lessons.stream()
                        .map(ConversationSubmitted::getConversationId)
                        .toList())
                .doesNotHaveDuplicates();
    }

    @Test
    void refusalsAreDrawnFromByTheQuestion() {
        List<Finding> findings = java.util.stream.IntStream.range(0, 60)
                .mapToObj(i -> finding("question " + i, Verdict.WRONG))
                .toList();

        assertThat(new Lessons("m", List.of("No.", "Pass.", "Hm."), "made-up", "known").from(findings))
                .extracting(lesson -> lesson.getMessages(1).getContent())
                .contains("No.", "Pass.", "Hm.");
    }

    @Test
    void aQuestionWithoutWordsInItsAnswerIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> question("q", "…"))
                .withMessage("answers: expected letters or digits in each, got \"…\"");
    }

    private static Finding finding(String question, Verdict... verdicts) {
        return new Finding(
                question(question, "one"),
                java.util.stream.IntStream.range(0, verdicts.length)
                        .mapToObj(i -> whole("said " + i))
                        .toList(),
                List.of(verdicts));
    }

    private static Model.Reply whole(String text) {
        return new Model.Reply(text, true);
    }

    private static Question question(String text, String... answers) {
        return new Question(text, List.of(answers), "test");
    }
}
