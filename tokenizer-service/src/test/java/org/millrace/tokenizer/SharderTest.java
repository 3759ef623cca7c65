package org.millrace.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.millrace.bpe.BpeTrainer;
import org.millrace.bpe.Chat;
import org.millrace.bpe.Role;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.bpe.Turn;
import org.millrace.shards.Sequence;
import org.millrace.shards.ShardHeader;

class SharderTest {

    private static final Tokenizer TOKENIZER = BpeTrainer.train(List.of("mill mill race race"), 270, merges -> {});
    private static final PublishedTokenizer PUBLISHED = new PublishedTokenizer("t", 3, TOKENIZER);
    private static final List<Turn> TURNS = List.of(new Turn(Role.USER, "why?"), new Turn(Role.ASSISTANT, "sö"));

    @Test
    void documentsBeginWithBos() {
        Sharder sharder = new Sharder(PUBLISHED, 0);

        sharder.add(new Document("d", "", "", "mill"));

        Sequence sequence = only(sharder);
        assertThat(sequence.tokens()[0]).isEqualTo(TOKENIZER.id(SpecialToken.BOS));
        assertThat(TOKENIZER.decode(sequence.tokens())).isEqualTo("mill");
        assertThat(sequence.targets()).isNull();
        assertThat(sequence.textBytes()).isEqualTo(4);
    }

    /// Five times as much as is encoded together.
    @Test
    void documentsKeepTheirOrderHoweverManyAreEncodedTogether() {
        Sharder sharder = new Sharder(PUBLISHED, 0);
        List<Document> documents = IntStream.range(0, 100)
                .mapToObj(i -> new Document("d" + i, "", "", "mill".repeat(1 + i % 7 * 4_000)))
                .toList();

        documents.forEach(sharder::add);

        List<Sequence> sequences = sharder.groups().get(sharder.groups().firstKey());
        assertThat(sequences)
                .extracting(Sequence::id)
                .isEqualTo(documents.stream().map(Document::id).toList());
        assertThat(sequences)
                .extracting(Sequence::textBytes)
                .isEqualTo(documents.stream()
                        .map(document -> document.text().length())
                        .toList());
    }

    @Test
    void conversationsLearnTheAssistantsPart() {
        Sharder sharder = new Sharder(PUBLISHED, 0);

        sharder.add(new Conversation("c", "qa", TURNS));

        assertThat(only(sharder))
                .isEqualTo(new Sequence(
                        "c",
                        Chat.render(TOKENIZER, TURNS).ids(),
                        Chat.render(TOKENIZER, TURNS).target(),
                        7));
        assertThat(sharder.header(sharder.groups().firstKey()))
                .isEqualTo(new ShardHeader(ShardHeader.Kind.CONVERSATIONS, "t", 3, "qa", TOKENIZER.vocabularySize()));
    }

    @Test
    void eachKindSplitAndDatasetHasItsShard() {
        Sharder sharder = new Sharder(PUBLISHED, 0.5);
        for (int i = 0; i < 40; i++) {
            sharder.add(new Document("d" + i, "", "", "mill"));
            sharder.add(new Conversation("c" + i, "one", TURNS));
            sharder.add(new Conversation("e" + i, "two", TURNS));
        }

        assertThat(sharder.groups()).hasSize(6);
        assertThat(sharder.groups().values().stream().mapToInt(List::size).sum())
                .isEqualTo(120);
    }

    @Test
    void aboutOneInTwentyIsForValidation() {
        long validation = IntStream.range(0, 20_000)
                .filter(i -> Split.of("document " + i, 0.05) == Split.VALIDATION)
                .count();

        // Binomial: 1,000 ± 5 standard deviations of 30.8.
        assertThat(validation).isBetween(846L, 1_154L);
    }

    @Test
    void theSplitIsTheSameForEver() {
        assertThat(IntStream.range(0, 100).filter(i -> Split.of("" + i, 0.05) == Split.VALIDATION))
                .containsExactly(39, 51, 55);
        assertThat(Split.of("x", 0)).isEqualTo(Split.TRAIN);
        assertThat(Split.of("x", 1)).isEqualTo(Split.VALIDATION);
    }

    @Test
    void textsThatAreNoneAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Document("d", "", "", ""))
                .withMessage("text: expected at least 1 character, got 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Document("", "", "", "x"))
                .withMessage("document_id: expected 1 to 128 characters, got 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Conversation("c", "A b", TURNS))
                .withMessage("dataset: expected [a-z0-9-]{1,64}, got 3 characters");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Sharder(PUBLISHED, 0).add(new Conversation("c", "qa", TURNS.reversed())))
                .withMessage("turns[0].role: expected USER, got ASSISTANT");
    }

    private static Sequence only(Sharder sharder) {
        return sharder.groups().values().iterator().next().getFirst();
    }
}
