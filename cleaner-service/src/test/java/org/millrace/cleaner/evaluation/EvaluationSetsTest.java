package org.millrace.cleaner.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.cleaner.rule.Breach;

class EvaluationSetsTest {

    private static final String TWELVE = "how many loaves does the baker of Lund sell before noon today";

    @TempDir
    Path folder;

    @Test
    void twelveWordsInARowAreTooManyAndElevenAreNot() throws IOException {
        EvaluationSets sets = sets("bread.txt", TWELVE);

        assertThat(sets.breach("I was asked: How many loaves does the BAKER, of Lund, sell before noon – today?"))
                .contains(new Breach(
                        "contaminated",
                        "bread: how many loaves does the baker of lund sell before noon today",
                        "no 12 words in a row of an evaluation set"));
        assertThat(sets.breach("How many loaves does the baker of Lund sell before noon?"))
                .isEmpty();
        assertThat(sets.breach("How many loaves does the baker of Lund sell before his noon today?"))
                .isEmpty();
    }

    @Test
    void numbersTellQuestionsApart() throws IOException {
        EvaluationSets sets = sets("sums.txt", "a cart holds 12 sacks and each sack weighs 40 kilograms of grain");

        assertThat(sets.breach("A cart holds 12 sacks, and each sack weighs 40 kilograms of grain."))
                .isPresent();
        assertThat(sets.breach("A cart holds 13 sacks, and each sack weighs 40 kilograms of grain."))
                .isEmpty();
    }

    @Test
    void aShortAnswerIsFoundBehindItsQuestion() throws IOException {
        EvaluationSets sets = sets(
                "quiz.jsonl",
                "{\"question\": \"Which river flows through the old town of Lund?\", \"answer\": \"The river Hoje\"}",
                "{\"text\": \"one two three four five six seven eight nine ten eleven twelve\"}");

        assertThat(sets.breach("Which river flows through the old town of Lund? It is the Hoje."))
                .isEmpty();
        assertThat(sets.breach("Which river flows through the old town of Lund? The river Hoje."))
                .get()
                .extracting(Breach::value)
                .isEqualTo("quiz: which river flows through the old town of lund the river hoje");
        assertThat(sets.breach("zero one two three four five six seven eight nine ten eleven twelve"))
                .isPresent();
    }

    @Test
    void aScriptWithoutSpacesIsComparedByCharacters() throws IOException {
        EvaluationSets sets = sets("zh.txt", "这座城市的面包师每天早上卖出多少个面包");

        assertThat(sets.breach("请问，这座城市的面包师每天早上卖出很多。")).isPresent();
        assertThat(sets.breach("这座城市的面包师很多。")).isEmpty();
    }

    @Test
    void withoutSetsNothingIsContaminated() throws IOException {
        assertThat(EvaluationSets.read(List.of()).breach(TWELVE)).isEmpty();
    }

    @Test
    void aBrokenLineIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("bad.jsonl"), "fine\n{\"question\": \n");

        assertThatThrownBy(() -> EvaluationSets.read(List.of(file)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("bad.jsonl, line 2");
    }

    private EvaluationSets sets(String name, String... lines) throws IOException {
        return EvaluationSets.read(List.of(Files.write(folder.resolve(name), List.of(lines))));
    }
}
