package org.millrace.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.bpe.BpeTrainer;
import org.millrace.bpe.Chat;
import org.millrace.bpe.Role;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.bpe.Turn;
import org.millrace.chattemplate.ChatFormat;
import org.millrace.shards.Sequence;
import org.millrace.shards.ShardHeader;

class SharderTest {

    private static final Tokenizer TOKENIZER = BpeTrainer.train(List.of("mill mill race race"), 270, merges -> {});
    private static final PublishedTokenizer PUBLISHED =
            new PublishedTokenizer("t", 3, TOKENIZER, ChatFormat.own(TOKENIZER));
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

    /// What is divided by to get bits per byte.
    @Test
    void theBytesOfADocumentAreThoseOfItsIds(@TempDir Path dir) throws IOException {
        TOKENIZER.write(dir);
        Path file = dir.resolve("tokenizer.json");
        Files.writeString(
                file, Files.readString(file).replace("\"normalizer\" : null", "\"normalizer\" : {\"type\": \"NFC\"}"));
        Tokenizer composing = Tokenizer.read(file);
        Sharder plain = new Sharder(PUBLISHED, 0);
        Sharder nfc = new Sharder(new PublishedTokenizer("t", 3, composing, ChatFormat.own(composing)), 0);

        plain.add(new Document("d", "", "", "e\u0301 \uD83D"));
        nfc.add(new Document("d", "", "", "e\u0301 \uD83D"));

        assertThat(only(plain).textBytes()).isEqualTo(7); // 1, 2, 1, and U+FFFD
        assertThat(only(nfc).textBytes()).isEqualTo(6);
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
    void conversationsAreWrittenByTheTemplateThatTheTokenizerBrings(@TempDir Path dir) throws IOException {
        TOKENIZER.write(dir);
        Files.writeString(
                dir.resolve("chat_template.jinja"),
                "{% for m in messages %}<|output_start|>{{ m.content }}<|output_end|>{% endfor %}");
        Sharder sharder = new Sharder(new PublishedTokenizer("t", 3, TOKENIZER, ChatFormat.read(dir, TOKENIZER)), 0);

        sharder.add(new Conversation("c", "qa", TURNS));

        int start = TOKENIZER.id(SpecialToken.OUTPUT_START);
        int end = TOKENIZER.id(SpecialToken.OUTPUT_END);
        assertThat(only(sharder))
                .isEqualTo(new Sequence(
                        "c",
                        new int[] {start, 'w', 'h', 'y', '?', end, start, 's', 0xC3, 0xB6, end},
                        new boolean[] {false, false, false, false, false, false, false, true, true, true, true},
                        7));
    }

    @Test
    void aTokenizerThatCannotBeginADocumentIsRefused(@TempDir Path dir) throws IOException {
        TOKENIZER.write(dir);
        Files.writeString(
                dir.resolve("tokenizer_config.json"),
                "{\"chat_template\": \"{% for m in messages %}{{ m.content }}<|output_end|>{% endfor %}\"}");
        ChatFormat chat = ChatFormat.read(dir, TOKENIZER);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PublishedTokenizer("t", 3, TOKENIZER, chat))
                .withMessage("tokenizer_config.json: expected a bos_token or pad_token that is in tokenizer.json, to"
                        + " begin documents with, got none");
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
