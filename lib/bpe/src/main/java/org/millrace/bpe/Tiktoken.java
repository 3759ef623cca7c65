package org.millrace.bpe;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Reads a file of tiktoken. It has no merges: any two tokens that spell a third one may become it, the third of
/// lowest rank first. A piece that is a token is left whole.
final class Tiktoken {

    private static final long LARGEST_FILE = 64L << 20;

    /// Bytes. Each place to cut a token is tried, which costs the square of its length. The longest that are known
    /// have 128, all blanks.
    private static final int LONGEST_TOKEN = 1_024;

    private Tiktoken() {}

    static Vocabulary read(Path file, SplitPattern pattern, Map<String, Integer> special) throws IOException {
        long size = Files.size(file);
        if (size > LARGEST_FILE) {
            throw new IOException("%s: expected at most %d bytes, got %d".formatted(file, LARGEST_FILE, size));
        }
        byte[] @Nullable [] tokens = tokens(file);
        Map<ByteBuffer, Integer> ids = new HashMap<>();
        int[] bytes = new int[256];
        Arrays.fill(bytes, -1);
        for (int id = 0; id < tokens.length; id++) {
            byte[] token = tokens[id];
            if (token == null) {
                continue;
            }
            if (ids.put(ByteBuffer.wrap(token), id) != null) {
                throw new IOException("%s: token %d is there twice".formatted(file, id));
            }
            if (token.length == 1) {
                bytes[token[0] & 0xFF] = id;
            }
        }
        for (int b = 0; b < 256; b++) {
            if (bytes[b] < 0) {
                throw new IOException("%s: byte 0x%02X has no token".formatted(file, b));
            }
        }
        Merges merges = merges(tokens, ids, bytes);
        return withSpecial(tokens, merges, pattern, special);
    }

    /// By rank; null where no line has it.
    private static byte[] @Nullable [] tokens(Path file) throws IOException {
        List<byte[]> found = new ArrayList<>();
        List<Integer> ranks = new ArrayList<>();
        int number = 0;
        for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
            number++;
            if (line.isEmpty()) {
                continue;
            }
            String[] parts = line.split(" ", -1);
            try {
                byte[] token = Base64.getDecoder().decode(parts[0]);
                int rank = parts.length == 2 ? Integer.parseInt(parts[1]) : -1;
                if (token.length == 0 || token.length > LONGEST_TOKEN || rank < 0 || rank >= Vocabulary.LARGEST) {
                    throw new IllegalArgumentException("length or rank out of bounds");
                }
                found.add(token);
                ranks.add(rank);
            } catch (IllegalArgumentException e) {
                throw new IOException(
                        "%s: line %d: expected a token of 1 to %d bytes in Base64 and a rank of 0 to %d, got \"%s\""
                                .formatted(file, number, LONGEST_TOKEN, Vocabulary.LARGEST - 1, shortened(line)),
                        e);
            }
        }
        byte[][] tokens =
                new byte[ranks.stream().mapToInt(rank -> rank + 1).max().orElse(0)][];
        for (int i = 0; i < found.size(); i++) {
            if (tokens[ranks.get(i)] != null) {
                throw new IOException("%s: rank %d is there twice".formatted(file, ranks.get(i)));
            }
            tokens[ranks.get(i)] = found.get(i);
        }
        return tokens;
    }

    private static Merges merges(byte[] @Nullable [] tokens, Map<ByteBuffer, Integer> ids, int[] bytes) {
        IntStream.Builder lefts = IntStream.builder();
        IntStream.Builder rights = IntStream.builder();
        IntStream.Builder ranks = IntStream.builder();
        IntStream.Builder results = IntStream.builder();
        int rank = 0;
        for (int id = 0; id < tokens.length; id++) {
            byte[] token = tokens[id];
            boolean isMade = false;
            for (int cut = 1; token != null && cut < token.length; cut++) {
                Integer left = ids.get(ByteBuffer.wrap(token, 0, cut));
                Integer right = ids.get(ByteBuffer.wrap(token, cut, token.length - cut));
                if (left != null && right != null) {
                    lefts.add(left);
                    rights.add(right);
                    ranks.add(rank);
                    isMade = true;
                }
            }
            if (isMade) {
                results.add(id);
                rank++;
            }
        }
        return new Merges(
                bytes,
                lefts.build().toArray(),
                rights.build().toArray(),
                ranks.build().toArray(),
                results.build().toArray());
    }

    private static Vocabulary withSpecial(
            byte[] @Nullable [] tokens, Merges merges, SplitPattern pattern, Map<String, Integer> special) {
        int size = tokens.length;
        SequencedMap<String, Integer> ordered = new LinkedHashMap<>();
        for (Map.Entry<String, Integer> token :
                special.entrySet().stream().sorted(Map.Entry.comparingByValue()).toList()) {
            int id = token.getValue();
            if (id < 0
                    || id >= Vocabulary.LARGEST
                    || id < tokens.length && tokens[id] != null
                    || ordered.containsValue(id)) {
                throw new IllegalArgumentException(
                        "special[\"%s\"]: expected an id of 0 to %d that no token has, got %d"
                                .formatted(token.getKey(), Vocabulary.LARGEST - 1, id));
            }
            ordered.put(token.getKey(), id);
            size = Math.max(size, id + 1);
        }
        return new Vocabulary(Arrays.copyOf(tokens, size), merges, pattern, true, false, ordered);
    }

    private static String shortened(String line) {
        return line.length() <= 120 ? line : line.substring(0, 120) + "…";
    }
}
