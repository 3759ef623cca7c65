package org.millrace.cleaner.duplicate;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// The paragraphs of a text that may be a banner, a notice or a footer of its site.
///
/// Those stand near a text's edges. What stands further in is left alone even if other pages repeat it:
/// a definition, a clause of a law, a step of a recipe. Headings, tables and code are never candidates:
/// "See also" stands on many good pages.
public final class Paragraphs {

    private static final int FIRST = 4;
    private static final int LAST = 6;

    /// Most candidates of a text.
    public static final int MOST_EDGES = FIRST + LAST;

    private static final String FENCE = "```";
    private static final Pattern BLANK_LINES = Pattern.compile("\n{2,}");

    private Paragraphs() {}

    /// @param text what is left
    /// @param removed paragraphs and headings that were left out
    record Rest(String text, int removed) {}

    /// Keys of the candidates, in the order of the text, each once.
    public static long[] edges(String text) {
        Set<Long> keys = new LinkedHashSet<>();
        List<String> blocks = List.of(BLANK_LINES.split(text));
        for (int at : edgesOf(blocks)) {
            keys.add(key(blocks.get(at)));
        }
        return keys.stream().mapToLong(Long::longValue).toArray();
    }

    /// The text without those of its candidates whose keys are given. A heading goes with them if nothing
    /// is left below it.
    static Rest without(String text, Set<Long> keys) {
        List<String> blocks = List.of(BLANK_LINES.split(text));
        boolean[] removed = new boolean[blocks.size()];
        for (int at : edgesOf(blocks)) {
            removed[at] = keys.contains(key(blocks.get(at)));
        }
        removeEmptySections(blocks, removed);
        List<String> rest = new ArrayList<>();
        for (int i = 0; i < removed.length; i++) {
            if (!removed[i]) {
                rest.add(blocks.get(i));
            }
        }
        return new Rest(String.join("\n\n", rest), removed.length - rest.size());
    }

    private static void removeEmptySections(List<String> blocks, boolean[] removed) {
        for (int i = blocks.size() - 1; i >= 0; i--) {
            int level = level(blocks.get(i));
            if (level > 0) {
                int next = i + 1;
                while (next < removed.length && removed[next]) {
                    next++;
                }
                int follows = next == removed.length ? 1 : level(blocks.get(next));
                removed[i] = next > i + 1 && follows > 0 && follows <= level;
            }
        }
    }

    private static List<Integer> edgesOf(List<String> blocks) {
        List<Integer> all = new ArrayList<>();
        boolean code = false;
        for (int i = 0; i < blocks.size(); i++) {
            String block = blocks.get(i);
            if (!code && isCandidate(block)) {
                all.add(i);
            }
            code ^= block.lines().filter(line -> line.startsWith(FENCE)).count() % 2 == 1;
        }
        if (all.size() <= MOST_EDGES) {
            return all;
        }
        List<Integer> edges = new ArrayList<>(all.subList(0, FIRST));
        edges.addAll(all.subList(all.size() - LAST, all.size()));
        return edges;
    }

    private static boolean isCandidate(String block) {
        return level(block) == 0
                && !block.startsWith(FENCE)
                && block.chars().anyMatch(Character::isLetter)
                && !Arrays.stream(block.split("\n")).allMatch(line -> line.contains("|"));
    }

    /// 1 to 6 for a heading, 0 for anything else.
    private static int level(String block) {
        int level = 0;
        while (level < block.length() && block.charAt(level) == '#') {
            level++;
        }
        return level <= 6 && level < block.length() && block.charAt(level) == ' ' ? level : 0;
    }

    private static long key(String block) {
        return ByteBuffer.wrap(Bytes.sha256(block.strip())).getLong();
    }
}
