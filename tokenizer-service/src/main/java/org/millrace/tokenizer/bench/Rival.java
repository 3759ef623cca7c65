package org.millrace.tokenizer.bench;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.GptBytePairEncodingParams;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.SplitPattern;
import org.millrace.bpe.Tokenizer;

/// A tokenizer that turns text into ids.
interface Rival {

    int[] encode(String text);

    /// Hugging Face's tokenizers, in Rust, as DJL brings them.
    static Rival huggingFace(Path tokenizerJson) throws IOException {
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.newInstance(
                tokenizerJson, Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false"));
        return text -> Arrays.stream(tokenizer.encode(text, false, false).getIds())
                .mapToInt(id -> (int) id)
                .toArray();
    }

    /// jtokkit, in Java, with our vocabulary: its ids are ranks, as ours are.
    static Rival jtokkit(Tokenizer tokenizer) {
        Map<byte[], Integer> ranks = new HashMap<>();
        for (int id = 0; id < tokenizer.id(SpecialToken.BOS); id++) {
            ranks.put(tokenizer.bytes(id), id);
        }
        EncodingRegistry registry = Encodings.newLazyEncodingRegistry();
        registry.registerGptBytePairEncoding(new GptBytePairEncodingParams(
                "millrace",
                Pattern.compile(SplitPattern.NANOCHAT.regex(), Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNICODE_CASE),
                ranks,
                Map.of()));
        Encoding encoding = registry.getEncoding("millrace").orElseThrow();
        return text -> encoding.encodeOrdinary(text).toArray();
    }
}
