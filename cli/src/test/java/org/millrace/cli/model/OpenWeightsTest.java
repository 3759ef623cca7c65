package org.millrace.cli.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.bpe.Chat;
import org.millrace.bpe.Role;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.bpe.Turn;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.CheckpointCorrupt;
import org.millrace.checkpoint.NumberType;

class OpenWeightsTest {

    private static final int[] TEXT = {258, 111, 32, 119, 111, 114, 108, 100};

    @TempDir
    Path temp;

    private OpenWeights.Imported prepared(Path from, int context) throws IOException, OpenWeights.Refused {
        return OpenWeights.prepare(from, Files.createTempDirectory(temp, "draft"), context, true);
    }

    /// Rows for the new tokens: all free, some free, none.
    @ParameterizedTest
    @CsvSource({"true, false, 280, BF16", "true, true, 264, F16", "false, false, 261, F32"})
    void aBaseModelComputesWhatItDidAndSpeaks(boolean qkNorm, boolean tied, int vocabulary, NumberType type)
            throws Exception {
        Path from = Foreign.writeBase(temp.resolve("open"), Foreign.config(qkNorm, tied, vocabulary), type, 20_000);

        OpenWeights.Imported made = prepared(from, 48);

        try (Checkpoint before = Checkpoint.openForeign(from);
                Checkpoint after = Checkpoint.open(made.checkpoint())) {
            Tokenizer tokenizer = Tokenizer.read(after.tokenizer());
            int end = tokenizer.id(SpecialToken.ASSISTANT_END);
            assertThat(after.config().vocabulary()).isEqualTo(Math.max(vocabulary, Foreign.TOKENS + 9));
            assertThat(after.config().context()).isEqualTo(48);
            assertThat(after.config().eosId()).isEqualTo(end);
            assertThat(after.provenance()).containsEntry("stage", "import").containsEntry("from", "open");

            int[] prompt = Chat.prompt(tokenizer, List.of(new Turn(Role.USER, "hello world")));
            assertThat(Arrays.copyOfRange(prompt, 2, 2 + TEXT.length)).isEqualTo(TEXT);
            float[][] expected = Foreign.logits(before, TEXT);
            float[][] actual = Foreign.logits(after, TEXT);
            for (int t = 0; t < TEXT.length; t++) {
                assertThat(Arrays.copyOf(actual[t], Foreign.TOKENS))
                        .isEqualTo(Arrays.copyOf(expected[t], Foreign.TOKENS));
                assertThat(actual[t][end]).isEqualTo(expected[t][Foreign.END_OF_TURN]);
                assertThat(actual[t][tokenizer.id(SpecialToken.BOS)]).isEqualTo(expected[t][Foreign.END_OF_TEXT]);
            }
            assertThat(Foreign.logits(after, prompt)[prompt.length - 1]).doesNotContain(Float.NaN);
        }
    }

    @Test
    void aModelWithAChatTemplateKeepsItsTokenizer() throws Exception {
        Path from = Foreign.write(temp.resolve("open"), Foreign.config(true, false, 280), NumberType.BF16, 9_000);
        Files.writeString(from.resolve("chat_template.jinja"), "{{ '' }}" + Foreign.TEMPLATE);

        OpenWeights.Imported made = prepared(from, 48);

        assertThat(made.tokenizerTaught()).isFalse();
        for (String file : List.of("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")) {
            assertThat(made.checkpoint().resolve(file)).hasSameBinaryContentAs(from.resolve(file));
        }
        try (Checkpoint before = Checkpoint.openForeign(from);
                Checkpoint after = Checkpoint.open(made.checkpoint())) {
            assertThat(after.config()).isEqualTo(made.config());
            assertThat(after.config().vocabulary()).isEqualTo(280);
            assertThat(after.config().bosId()).isEqualTo(Foreign.END_OF_TEXT);
            assertThat(after.config().eosId()).isEqualTo(Foreign.END_OF_TURN);
            assertThat(after.weights().dtype("model.norm.weight")).isEqualTo("F32");
            assertThat(Foreign.logits(after, TEXT)).isDeepEqualTo(Foreign.logits(before, TEXT));
        }
    }

    /// As Llama 3's: the first of them ends a text. What is exported again must stop where the turn does.
    @Test
    void ofSeveralEndsTheTemplatesIsTheOne() throws Exception {
        Path from = Foreign.write(temp.resolve("open"), Foreign.config(true, false, 280), NumberType.BF16, 9_000);
        Files.writeString(from.resolve("chat_template.jinja"), "{{ '' }}" + Foreign.TEMPLATE);
        Path config = from.resolve("config.json");
        String one = "\"eos_token_id\" : " + Foreign.END_OF_TURN;
        String several = "\"eos_token_id\" : [ %d, %d ]".formatted(Foreign.END_OF_TEXT, Foreign.END_OF_TURN);
        assertThat(Files.readString(config)).contains(one);
        Files.writeString(config, Files.readString(config).replace(one, several));

        assertThat(prepared(from, 48).config().eosId()).isEqualTo(Foreign.END_OF_TURN);
    }

    @Test
    void aModelThatSpeaksAlreadyKeepsItsTokenizer() throws Exception {
        Path from = Foreign.writeBase(temp.resolve("open"), Foreign.config(true, true, 280), NumberType.F32, 1 << 20);
        Path once = prepared(from, 64).checkpoint();

        OpenWeights.Imported again = prepared(once, 64);

        assertThat(again.tokenizerTaught()).isFalse();
        for (String file : List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
            assertThat(again.checkpoint().resolve(file)).hasSameBinaryContentAs(once.resolve(file));
        }
    }

    @Test
    void whatCannotBeImportedIsRefusedByName() throws Exception {
        Path from = Foreign.write(temp.resolve("open"), Foreign.config(true, true, 280), NumberType.F32, 1 << 20);
        Path tokenizer = from.resolve("tokenizer.json");
        String honest = Files.readString(tokenizer);
        Files.writeString(tokenizer, honest.replace("\"NFC\"", "\"Lowercase\""));
        assertThatThrownBy(() -> prepared(from, 64))
                .isInstanceOf(OpenWeights.Refused.class)
                .hasMessageContaining("tokenizer.json: normalizer.type");
        Files.writeString(tokenizer, honest.replace("\"id\":260", "\"id\":300"));
        assertThatThrownBy(() -> prepared(from, 64))
                .isInstanceOf(OpenWeights.Refused.class)
                .hasMessageContaining("vocab_size: expected at least 301");
        Files.delete(tokenizer);
        assertThatThrownBy(() -> prepared(from, 64))
                .isInstanceOf(OpenWeights.Refused.class)
                .hasMessageContaining("tokenizer.json: missing");
        Files.writeString(tokenizer, honest);
        Files.writeString(
                from.resolve("config.json"),
                Files.readString(from.resolve("config.json")).replace("\"hidden_size\" : 32", "\"hidden_size\" : 33"));
        assertThatThrownBy(() -> prepared(from, 64))
                .isInstanceOf(CheckpointCorrupt.class)
                .hasMessageContaining("model.embed_tokens.weight");
    }
}
