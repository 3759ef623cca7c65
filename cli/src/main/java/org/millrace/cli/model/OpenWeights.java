package org.millrace.cli.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.chattemplate.ChatFormat;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.TensorSource;

/// Makes a checkpoint of ours out of a model that others published: checks all of it, and writes the weights as
/// fp32.
///
/// A model that brings a chat template keeps its tokenizer: conversations are written as it learned them. One
/// without, a base model, gets our tokens of conversations: behind its own ids, where the model has rows that no token
/// uses, else its embedding (and head) grow. Beginning and end of a turn start as the model's own beginning and end
/// of text, the others as the mean of all tokens: fine-tuning teaches the rest. Text has the ids that it had, and what
/// the model computes of it stays the same.
final class OpenWeights {

    private static final String EMBEDDING = "model.embed_tokens.weight";
    private static final String HEAD = "lm_head.weight";

    /// Of the server's attention.
    private static final int HEAD_WIDTH_MULTIPLE = 16;

    private OpenWeights() {}

    /// Whatever is wrong with a directory; the message names file and field or tensor.
    static final class Refused extends Exception {

        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }

    /// @param tokenizerTaught whether tokens were added
    /// @param tokenizer directory of its files, which are in the checkpoint too
    record Imported(Path checkpoint, Path tokenizer, ModelConfig config, int tokens, boolean tokenizerTaught) {}

    /// @param from config.json, weights and tokenizer as Hugging Face has them
    /// @param draft an empty directory for what is made
    /// @param context tokens to look back on, at most; a server reserves memory for them
    /// @param teach whether a model without a chat template gets our tokens of conversations
    /// @throws IOException if a file lies (see [Checkpoint#openForeign]) or cannot be read or written
    static Imported prepare(Path from, Path draft, int context, boolean teach) throws IOException, Refused {
        Tokenizer own = tokenizer(from.resolve("tokenizer.json"));
        OptionalInt endOfTurn = format(from, own).endOfTurn();
        Tokenizer tokenizer = !teach || endOfTurn.isPresent() ? own : own.speaking();
        Path tokenizerDir = from;
        if (tokenizer != own) {
            tokenizerDir = Files.createDirectory(draft.resolve("tokenizer"));
            tokenizer.write(tokenizerDir);
        }
        try (Checkpoint model = Checkpoint.openForeign(from)) {
            ModelConfig config = model.config();
            check(from, config, own);
            ModelConfig fitted = fitted(config, tokenizer, context, endOfTurn);
            SortedMap<String, TensorSource> weights = model.weights().tensors();
            weights.keySet().retainAll(config.tensors().keySet());
            if (tokenizer != own) {
                weights.computeIfPresent(EMBEDDING, (_, matrix) -> taught(matrix, config, own, tokenizer, fitted));
                weights.computeIfPresent(HEAD, (_, matrix) -> taught(matrix, config, own, tokenizer, fitted));
            }
            Path checkpoint = draft.resolve("checkpoint");
            Map<String, String> provenance = new TreeMap<>();
            provenance.put("stage", "import");
            provenance.put(
                    "from", String.valueOf(from.toAbsolutePath().normalize().getFileName()));
            Checkpoint.write(checkpoint, fitted, weights, tokenizerDir, provenance);
            return new Imported(checkpoint, tokenizerDir, fitted, tokenizer.vocabularySize(), tokenizer != own);
        }
    }

    private static ChatFormat format(Path dir, Tokenizer tokenizer) throws Refused {
        try {
            return ChatFormat.read(dir, tokenizer);
        } catch (IOException e) {
            throw new Refused(String.valueOf(e.getMessage()));
        }
    }

    private static Tokenizer tokenizer(Path file) throws Refused {
        try {
            return Tokenizer.read(file);
        } catch (NoSuchFileException e) {
            throw new Refused(file + ": missing");
        } catch (IOException e) { // its message names the file and the field
            throw new Refused(String.valueOf(e.getMessage()));
        }
    }

    private static void check(Path from, ModelConfig config, Tokenizer tokenizer) throws Refused {
        Path file = from.resolve("config.json");
        if (config.scalarHead()) {
            throw new Refused(file + ": architectures: expected a model that answers, got one with a scalar head");
        }
        if (tokenizer.vocabularySize() > config.vocabulary()) {
            throw new Refused("%s: vocab_size: expected at least %d as tokenizer.json has, got %d"
                    .formatted(file, tokenizer.vocabularySize(), config.vocabulary()));
        }
        if (config.headWidth() % HEAD_WIDTH_MULTIPLE != 0) {
            throw new Refused("%s: head_dim: expected a multiple of %d, which can be served, got %d"
                    .formatted(file, HEAD_WIDTH_MULTIPLE, config.headWidth()));
        }
        for (Map.Entry<String, long[]> tensor : config.tensors().entrySet()) {
            long bytes = Float.BYTES;
            for (long extent : tensor.getValue()) {
                bytes *= extent;
            }
            if (bytes > Integer.MAX_VALUE) {
                throw new Refused(
                        "%s: tensor \"%s\": expected under 2 GiB as fp32, which can be trained and served, got %d"
                                .formatted(from, tensor.getKey(), bytes));
            }
        }
    }

    /// The model's shape as it is here. Of several ids that end a text, a turn ends with the template's.
    ///
    /// @param endOfTurn empty: the tokenizer was taught one
    private static ModelConfig fitted(ModelConfig c, Tokenizer tokenizer, int context, OptionalInt endOfTurn) {
        return new ModelConfig(
                c.layers(),
                c.width(),
                c.heads(),
                c.kvHeads(),
                c.headWidth(),
                c.hidden(),
                Math.max(c.vocabulary(), tokenizer.vocabularySize()),
                Math.min(c.context(), context),
                c.ropeTheta(),
                c.normEpsilon(),
                c.qkNorm(),
                c.tied(),
                false,
                0,
                1,
                endOfTurn.isPresent() ? c.bosId() : tokenizer.id(SpecialToken.BOS),
                endOfTurn.isPresent() ? endOfTurn.getAsInt() : tokenizer.id(SpecialToken.ASSISTANT_END));
    }

    /// Rows for the tokens that were added.
    private static TensorSource taught(
            TensorSource matrix, ModelConfig config, Tokenizer own, Tokenizer tokenizer, ModelConfig fitted) {
        float[] mean = NewRows.mean(matrix, own.vocabularySize());
        SortedMap<Integer, float[]> rows = new TreeMap<>();
        for (SpecialToken token : SpecialToken.values()) {
            int id = tokenizer.id(token);
            if (id >= own.vocabularySize()) {
                rows.put(
                        id,
                        switch (token) {
                            case BOS -> NewRows.row(matrix, config.bosId());
                            case USER_END, ASSISTANT_END -> NewRows.row(matrix, config.eosId());
                            case USER_START, ASSISTANT_START, PYTHON_START, PYTHON_END, OUTPUT_START, OUTPUT_END ->
                                mean;
                        });
            }
        }
        return new NewRows(matrix, fitted.vocabulary(), rows);
    }
}
