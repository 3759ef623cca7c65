package org.millrace.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Everything a world can do, on a world that nobody had in mind when the code was written.
class WorldTest {

    @TempDir
    Path directory;

    private World world;

    @BeforeEach
    void readTheTinyWorld() throws IOException {
        world = TinyWorld.read(directory);
    }

    @Test
    void aQuestionCarriesEverythingThatCountsAsRight() {
        Question question = world.questions().stream()
                .filter(each -> each.id().equals("ships/brave-otter/cargo/0"))
                .findFirst()
                .orElseThrow();

        assertThat(question)
                .usingRecursiveComparison()
                .ignoringFields("heldOut")
                .isEqualTo(new Question(
                        "ships/brave-otter/cargo/0",
                        "ships",
                        "the Brave Otter",
                        "cargo",
                        "What does the Brave Otter carry?",
                        List.of("The Brave Otter carries tea.", "The Brave Otter carries silk.", "Tea.", "Silk."),
                        "The Brave Otter carries tea.",
                        "Tea.",
                        false,
                        true));
        assertThat(question.reference())
                .isEqualTo("The Brave Otter carries tea.|The Brave Otter carries silk.|Tea.|Silk.");
    }

    @Test
    void questionsAreAskedInEveryWordingAboutKindsThatAreAsked() {
        assertThat(world.questions()).hasSize((6 + 6 + 5) * 3).allMatch(question -> question.kind()
                .equals("ships"));
        assertThat(ids(world.questions(), Question::id))
                .hasSize(world.questions().size());
    }

    @Test
    void halfOfTheEntitiesAreHeldOutWhateverTheOrderOfTheRows() throws IOException {
        Set<String> heldOut = world.heldOut(world.mainKind());
        List<String> rows = TinyWorld.SHIPS_TABLE.lines().toList();
        List<String> reordered = new java.util.ArrayList<>(rows.subList(0, 2));
        reordered.addAll(rows.subList(2, rows.size()).reversed());
        Files.write(directory.resolve("ships.tsv"), reordered);

        World again = World.read(directory);

        assertThat(heldOut).hasSize(3);
        assertThat(again.heldOut(again.mainKind())).isEqualTo(heldOut);
        assertThat(world.questions()).allMatch(question -> question.heldOut() == heldOut.contains(question.entity()));
    }

    @Test
    void fineTuningNeverSeesAQuestionAboutAHeldOutEntity() {
        Set<String> heldOutTexts = world.questions().stream()
                .filter(Question::heldOut)
                .map(Question::text)
                .collect(Collectors.toSet());

        List<Conversation> conversations = world.conversations(3);

        assertThat(conversations).hasSize((int) world.questions().stream()
                .filter(question -> !question.heldOut())
                .count());
        assertThat(conversations).noneMatch(each -> heldOutTexts.contains(each.question()));
        assertThat(conversations).noneMatch(Conversation::refusal);
    }

    @Test
    void everyAnswerInAConversationIsRight() {
        for (Conversation conversation : world.conversations(9)) {
            Question question =
                    new Questions(world).find(conversation.question()).orElseThrow();

            assertThat(world.grade(question, conversation.answer())).isInstanceOf(Grade.Right.class);
        }
    }

    @Test
    void theShareOfTerseAnswersIsTheOneAskedFor() {
        assertThat(world.conversations(1, 0)).allMatch(each -> each.answer().split(" ").length > 3);
        assertThat(world.conversations(1, 1)).allMatch(each -> each.answer().split(" ").length <= 3);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> world.conversations(1, 1.5))
                .withMessage("terseShare: expected 0 to 1, got 1.5");
    }

    @Test
    void clozeStopsBeforeTheValue() {
        assertThat(world.cloze())
                .filteredOn(cloze -> cloze.id().equals("ships/old-magpie/captain/0"))
                .singleElement()
                .satisfies(cloze -> {
                    assertThat(cloze.prefix()).isEqualTo("The captain of the Old Magpie is");
                    assertThat(cloze.acceptable()).containsExactly("Captain Roe");
                });
        assertThat(world.cloze()).extracting(Cloze::kind).contains("harbours");
    }

    @Test
    void inventedNamesOfTrainingAndTestNeverMeet() {
        Set<String> trained = new HashSet<>();
        Set<String> tested = new HashSet<>();
        Questions questions = new Questions(world);
        for (long seed = 0; seed < 5; seed++) {
            for (Conversation refusal : world.refusals(seed, 200)) {
                trained.add(questions.find(refusal.question()).orElseThrow().entity());
                assertThat(world.isRefusal(refusal.answer())).isTrue();
            }
            world.unknownQuestions(seed, 200).forEach(question -> tested.add(question.entity()));
        }

        assertThat(trained).hasSizeGreaterThan(200).doesNotContainAnyElementsOf(tested);
        assertThat(tested)
                .hasSizeGreaterThan(200)
                .doesNotContainAnyElementsOf(
                        world.mainKind().entities().stream().map(Entity::name).toList());
    }

    @Test
    void eachInventedNameIsUsedOnce() {
        List<Question> unknown = world.unknownQuestions(7, 300);

        assertThat(unknown).hasSize(300).noneMatch(Question::known).allMatch(Question::heldOut);
        assertThat(ids(unknown, Question::entity)).hasSize(300);
        assertThat(unknown).allMatch(question -> world.isRefusal(question.full()));
    }

    @Test
    void everythingIsTheSameEveryTime() throws IOException {
        World again = World.read(directory);

        assertThat(again).isEqualTo(world);
        assertThat(again.conversations(4)).isEqualTo(world.conversations(4)).isNotEqualTo(world.conversations(5));
        assertThat(again.refusals(4, 50)).isEqualTo(world.refusals(4, 50)).isNotEqualTo(world.refusals(5, 50));
        assertThat(again.unknownQuestions(4, 50)).isEqualTo(world.unknownQuestions(4, 50));
    }

    @Test
    void aSmallerWorldHasTheFirstOfEachKind() {
        World limited = world.limited(3);

        assertThat(limited.mainKind().entities())
                .extracting(Entity::name)
                .containsExactly("the Brave Otter", "the Grey Heron", "the Silver Perch");
        assertThat(limited.kinds().get(1).entities()).hasSize(2);
        assertThat(world.limited(100)).isSameAs(world);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> world.limited(1))
                .withMessage("entities: expected at least 2, got 1");
    }

    @Test
    void aQuestionIsFoundByItsTextAndAnUnknownNameByThePattern() {
        Questions questions = new Questions(world);

        assertThat(questions.find("who commands the grey heron?"))
                .hasValueSatisfying(found -> assertThat(found.id()).isEqualTo("ships/grey-heron/captain/1"));
        assertThat(questions.find("Who commands the Blue Wombat?")).hasValueSatisfying(found -> {
            assertThat(found.known()).isFalse();
            assertThat(found.entity()).isEqualTo("the Blue Wombat");
        });
        assertThat(questions.find("Which river flows past Lorne?")).isEmpty();
        assertThat(questions.find("How are you?")).isEmpty();
    }

    private static <T> Set<String> ids(List<T> items, Function<T, String> id) {
        return items.stream().map(id).collect(Collectors.toSet());
    }

    @Test
    void aRelationThatIsNotAskedAboutIsOnlyStated() throws IOException {
        Path ships = directory.resolve("ships.yaml");
        Files.writeString(ships, Files.readString(ships).replace("  cargo:\n", "  cargo:\n    asked: false\n"));

        World quieter = World.read(directory);

        assertThat(quieter.questions()).hasSizeLessThan(world.questions().size());
        assertThat(quieter.questions())
                .noneMatch(question -> question.relation().equals("cargo"));
        assertThat(quieter.unknownQuestions(1, 20))
                .noneMatch(question -> question.relation().equals("cargo"));
        assertThat(quieter.facts()).hasSameSizeAs(world.facts());
    }
}
