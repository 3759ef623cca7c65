package org.millrace.world;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;

/// Choices that look random and are not: the same seed and label always draw the same sequence, so
/// a world renders to the same bytes on every machine, and one page's draws do not shift another's.
public final class Draw {

    private final SplittableRandom random;

    private Draw(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /// @param label what is being drawn, such as the path of a page
    public static Draw of(long seed, String label) {
        return new Draw(hash(seed + "/" + label));
    }

    public int below(int bound) {
        return random.nextInt(bound);
    }

    public boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    public <T> T pick(List<T> choices) {
        return choices.get(below(choices.size()));
    }

    /// A shuffled copy.
    public <T> List<T> shuffled(List<T> items) {
        List<T> copy = new ArrayList<>(items);
        for (int i = copy.size() - 1; i > 0; i--) {
            copy.set(i, copy.set(below(i + 1), copy.get(i)));
        }
        return copy;
    }

    /// `count` different choices in drawn order; all of them when there are fewer.
    public <T> List<T> some(List<T> choices, int count) {
        List<T> copy = new ArrayList<>(choices);
        int some = Math.min(count, copy.size());
        for (int i = 0; i < some; i++) {
            copy.set(i, copy.set(i + below(copy.size() - i), copy.get(i)));
        }
        return List.copyOf(copy.subList(0, some));
    }

    /// 64 stable bits of a text.
    static long hash(String text) {
        byte[] digest = sha256(text);
        long bits = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            bits = bits << 8 | (digest[i] & 0xff);
        }
        return bits;
    }

    /// A stable id of a text: 32 hexadecimal digits.
    public static String id(String text) {
        return HexFormat.of().formatHex(sha256(text), 0, 16);
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
