package org.millrace.bpe;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Writes Hugging Face's `tokenizer.json`, and the `tokenizer_config.json` of our own conversations.
final class TokenizerJsonWriter {

    static final String FILE = "tokenizer.json";
    static final String CONFIG = "tokenizer_config.json";

    private static final JsonMapper JSON = new JsonMapper();
    private static final ObjectWriter WRITER = JSON.writer(new DefaultPrettyPrinter()
            .withObjectIndenter(new DefaultIndenter("  ", "\n"))
            .withArrayIndenter(new DefaultIndenter("  ", "\n")));

    private TokenizerJsonWriter() {}

    static void write(Tokenizer tokenizer, Path dir) throws IOException {
        Files.write(dir.resolve(FILE), bytes(tokenizerJson(tokenizer.vocabulary())));
        Files.write(dir.resolve(CONFIG), bytes(config()));
    }

    private static byte[] bytes(ObjectNode node) throws IOException {
        return (WRITER.writeValueAsString(node) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static ObjectNode tokenizerJson(Vocabulary vocabulary) {
        ObjectNode root = JSON.createObjectNode();
        root.put("version", "1.0").putNull("truncation").putNull("padding");
        ArrayNode added = root.putArray("added_tokens");
        vocabulary.special().forEach((content, id) -> added.addObject()
                .put("id", id)
                .put("content", content)
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("special", true));
        if (vocabulary.nfc()) {
            root.putObject("normalizer").put("type", "NFC");
        } else {
            root.putNull("normalizer");
        }
        ArrayNode steps =
                root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
        ObjectNode split = steps.addObject().put("type", "Split");
        split.putObject("pattern").put("Regex", vocabulary.pattern().regex());
        split.put("behavior", "Isolated").put("invert", false);
        byteLevel(steps.addObject());
        root.putNull("post_processor");
        byteLevel(root.putObject("decoder"));
        writeModel(vocabulary, root.putObject("model"));
        return root;
    }

    private static void byteLevel(ObjectNode node) {
        node.put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", false);
    }

    private static void writeModel(Vocabulary vocabulary, ObjectNode model) {
        model.put("type", "BPE")
                .putNull("dropout")
                .putNull("unk_token")
                .putNull("continuing_subword_prefix")
                .putNull("end_of_word_suffix")
                .put("fuse_unk", false)
                .put("byte_fallback", false)
                .put("ignore_merges", vocabulary.wholePieces());
        ObjectNode ids = model.putObject("vocab");
        String[] names = new String[vocabulary.tokens().length];
        for (int id = 0; id < names.length; id++) {
            byte[] token = vocabulary.tokens()[id];
            if (token != null) {
                names[id] = ByteAlphabet.write(token);
                ids.put(names[id], id);
            }
        }
        ArrayNode list = model.putArray("merges");
        Merges merges = vocabulary.merges();
        for (int i = 0; i < merges.count(); i++) {
            list.add(names[merges.left(i)] + " " + names[merges.right(i)]);
        }
    }

    private static ObjectNode config() {
        return JSON.createObjectNode()
                .put("tokenizer_class", "PreTrainedTokenizerFast")
                .put("bos_token", SpecialToken.BOS.text())
                .put("eos_token", SpecialToken.ASSISTANT_END.text())
                .put("pad_token", SpecialToken.BOS.text())
                .put("clean_up_tokenization_spaces", false)
                .put("chat_template", Chat.TEMPLATE);
    }
}
