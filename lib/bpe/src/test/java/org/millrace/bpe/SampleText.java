package org.millrace.bpe;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/// Text made for tests: words that repeat as words of a language do, in several scripts, with
/// numbers, contractions, code, odd spaces and emoji between them. The same seed, the same text.
final class SampleText {

    private static final String[] ALPHABETS = {
        "etaoinshrdlucmfwypvbgk", "éèàçôüößñ", "абвгдежзиклмнопрст", "αβγδεζηθικλμ", "的一是不了人我在有他", "नमस्तेक", "مرحباكتب"
    };
    private static final String[] GLUE = {
        " ",
        " ",
        " ",
        " ",
        " ",
        ", ",
        ". ",
        "\n",
        "\n\n",
        "  ",
        "\t",
        " - ",
        "'s ",
        "'LL ",
        "’s ",
        "\r\n",
        " (",
        ") ",
        "/",
        "_",
        "\u00a0",
        "\u3000",
        " 12 ",
        " 2024 ",
        " 3.14159 ",
        " Ⅻ½ ",
        " == ",
        "();\n  ",
        " 👩‍👩‍👧 ",
        "🎉",
        " é ",
        "...",
        "!?\n"
    };

    private final Random random;
    private final List<String> words = new ArrayList<>();

    SampleText(long seed) {
        random = new Random(seed);
        for (int i = 0; i < 1_500; i++) {
            words.add(word(i < 900 ? ALPHABETS[0] : ALPHABETS[random.nextInt(ALPHABETS.length)]));
        }
    }

    String ofLength(int characters) {
        StringBuilder text = new StringBuilder(characters + 64);
        while (text.length() < characters) {
            // Zipf: the nth word about n times rarer than the first.
            String word = words.get((int) Math.pow(words.size(), random.nextDouble()) - 1);
            text.append(
                            random.nextInt(12) == 0
                                    ? word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1)
                                    : word)
                    .append(GLUE[random.nextInt(4) > 0 ? random.nextInt(6) : random.nextInt(GLUE.length)]);
        }
        return text.toString();
    }

    private String word(String alphabet) {
        StringBuilder word = new StringBuilder();
        int length = 1 + random.nextInt(9);
        for (int i = 0; i < length; i++) {
            word.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return word.toString();
    }
}
