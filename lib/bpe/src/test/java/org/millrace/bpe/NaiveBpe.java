package org.millrace.bpe;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What the library computes, written as it is explained in papers: slow, and easy to believe.
final class NaiveBpe {

    private NaiveBpe() {}

    static List<String> split(SplitPattern pattern, String text) {
        List<String> pieces = new ArrayList<>();
        Matcher matcher = Pattern.compile(pattern.regex(), Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNICODE_CASE)
                .matcher(text);
        while (matcher.find()) {
            pieces.add(matcher.group());
        }
        return pieces;
    }

    /// Until no pair has a rank: find the pair of lowest rank, leftmost first, and merge it.
    static int[] apply(Merges merges, byte[] word) {
        List<Integer> tokens = new ArrayList<>();
        for (byte b : word) {
            tokens.add(merges.byteToken(b & 0xFF));
        }
        while (true) {
            int best = -1;
            int bestRank = Integer.MAX_VALUE;
            for (int i = 0; i + 1 < tokens.size(); i++) {
                int rank = merges.rank(tokens.get(i), tokens.get(i + 1));
                if (rank >= 0 && rank < bestRank) {
                    best = i;
                    bestRank = rank;
                }
            }
            if (best < 0) {
                return tokens.stream().mapToInt(t -> t).toArray();
            }
            tokens.set(best, merges.result(bestRank));
            tokens.remove(best + 1);
        }
    }

    /// Bytes of the tokens that training makes after the 256 single bytes: count all pairs anew
    /// before each merge.
    static List<byte[]> train(List<String> documents, int merges) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        documents.forEach(d -> split(SplitPattern.NANOCHAT, d).forEach(p -> counts.merge(p, 1, Integer::sum)));
        List<List<String>> pieces = new ArrayList<>();
        List<Integer> times = new ArrayList<>();
        counts.forEach((piece, count) -> {
            List<String> bytes = new ArrayList<>();
            for (byte b : piece.getBytes(StandardCharsets.UTF_8)) {
                bytes.add(String.valueOf((char) (b & 0xFF)));
            }
            pieces.add(bytes);
            times.add(count);
        });
        List<byte[]> made = new ArrayList<>();
        Set<String> known = new HashSet<>();
        Set<List<String>> passedOver = new HashSet<>();
        while (made.size() < merges) {
            Map<List<String>, Integer> pairs = new HashMap<>();
            for (int p = 0; p < pieces.size(); p++) {
                List<String> piece = pieces.get(p);
                for (int i = 0; i + 1 < piece.size(); i++) {
                    pairs.merge(List.of(piece.get(i), piece.get(i + 1)), times.get(p), Integer::sum);
                }
            }
            pairs.keySet().removeAll(passedOver);
            List<String> best = pairs.entrySet().stream()
                    .filter(e -> e.getValue() >= 2)
                    .min(Map.Entry.<List<String>, Integer>comparingByValue()
                            .reversed()
                            .thenComparing(e -> e.getKey().get(0))
                            .thenComparing(e -> e.getKey().get(1)))
                    .map(Map.Entry::getKey)
                    .orElse(null);
            if (best == null) {
                return made;
            }
            String token = best.get(0) + best.get(1);
            if (!known.add(token)) {
                passedOver.add(best);
                continue;
            }
            made.add(token.getBytes(StandardCharsets.ISO_8859_1));
            for (List<String> piece : pieces) {
                for (int i = 0; i + 1 < piece.size(); i++) {
                    if (piece.get(i).equals(best.get(0)) && piece.get(i + 1).equals(best.get(1))) {
                        piece.set(i, token);
                        piece.remove(i + 1);
                    }
                }
            }
        }
        return made;
    }
}
