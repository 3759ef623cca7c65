package org.millrace.tokenizer.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/// Texts as people and machines write them, made up: words of a lexicon by Zipf's law, and one in thirty that
/// nobody has written before. The same seed, the same text.
final class Texts {

    private static final int LEXICON = 60_000;
    private static final double NEW_WORDS = 1 / 30.0;
    private static final String[] ONSETS = {
        "", "b", "br", "c", "ch", "cl", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "pl", "pr",
        "qu", "r", "s", "sh", "sl", "sp", "st", "str", "t", "th", "tr", "v", "w", "y"
    };
    private static final String[] NUCLEI = {"a", "e", "i", "o", "u", "ai", "ea", "ee", "ie", "oo", "ou"};
    private static final String[] CODAS = {
        "", "", "", "ck", "d", "l", "ll", "m", "n", "nd", "ng", "r", "rt", "s", "st", "t", "x"
    };
    private static final String[] ENDINGS = {"", "", "", "s", "ed", "ing", "er", "ly", "tion", "ness", "able"};
    private static final String[] KEYWORDS = {
        "return", "if", "for", "while", "final", "int", "long", "String", "var", "new", "private", "static", "void",
        "this"
    };

    /// First and last letter of a script, and letters that a word has in the mean; 0: it has no spaces.
    private enum Script {
        CYRILLIC(0x0430, 0x044F, 6),
        GREEK(0x03B1, 0x03C9, 6),
        ARABIC(0x0627, 0x064A, 5),
        DEVANAGARI(0x0905, 0x0939, 5),
        HANGUL(0xAC00, 0xC800, 3),
        HAN(0x4E00, 0x6600, 0),
        HIRAGANA(0x3042, 0x3093, 0);

        private final int first;
        private final int last;
        private final int letters;

        Script(int first, int last, int letters) {
            this.first = first;
            this.last = last;
            this.letters = letters;
        }
    }

    private final SplittableRandom random;
    private final List<String> lexicon = new ArrayList<>();
    private final List<List<String>> foreign = new ArrayList<>();

    Texts(long seed) {
        SplittableRandom words = new SplittableRandom(1); // one language for all seeds
        for (int i = 0; i < LEXICON; i++) {
            // Frequent words are short.
            lexicon.add(word(words, i < 200 ? 1 : 1 + words.nextInt(i < 5_000 ? 2 : 4), i >= 200));
        }
        for (Script script : Script.values()) {
            List<String> of = new ArrayList<>();
            for (int i = 0; i < LEXICON / 6; i++) {
                of.add(foreignWord(words, script));
            }
            foreign.add(of);
        }
        random = new SplittableRandom(seed);
    }

    /// Makes a document of some length.
    interface Kind {
        String document(int characters);
    }

    /// @return documents of a kind, each of some ten thousand characters, together at least that long
    static List<String> documents(Kind kind, long characters) {
        List<String> documents = new ArrayList<>();
        for (long length = 0; length < characters; length += documents.getLast().length()) {
            documents.add(kind.document(10_000));
        }
        return documents;
    }

    /// Half of them prose, a quarter source code and a quarter mixed languages.
    ///
    /// @param bytes UTF-8, of all together at least
    /// @param shortest, longest characters of a document; the first is meant, the last is not
    List<String> assorted(long bytes, int shortest, int longest) {
        List<String> documents = new ArrayList<>();
        for (long length = 0; length < bytes; length += documents.getLast().getBytes(UTF_8).length) {
            int characters = random.nextInt(shortest, longest);
            documents.add(
                    switch (documents.size() % 4) {
                        case 0, 1 -> prose(characters);
                        case 2 -> code(characters);
                        default -> mixed(characters);
                    });
        }
        return documents;
    }

    String prose(int characters) {
        StringBuilder text = new StringBuilder();
        while (text.length() < characters) {
            sentence(text);
            text.append(random.nextInt(6) == 0 ? "\n\n" : " ");
        }
        return text.toString();
    }

    String code(int characters) {
        StringBuilder text = new StringBuilder();
        int depth = 0;
        while (text.length() < characters) {
            text.repeat("    ", depth);
            switch (random.nextInt(7)) {
                case 0 -> {
                    text.append(keyword()).append(" (").append(name()).append(" != null) {");
                    depth = Math.min(5, depth + 1);
                }
                case 1 -> {
                    depth = Math.max(0, depth - 1);
                    text.append("}");
                }
                case 2 -> {
                    text.append("// ");
                    for (int words = random.nextInt(3, 12); words > 0; words--) {
                        text.append(word()).append(words > 1 ? " " : "");
                    }
                }
                case 3 ->
                    text.append(keyword())
                            .append(' ')
                            .append(name())
                            .append(" = \"")
                            .append(word())
                            .append("\";");
                case 4 ->
                    text.append(name())
                            .append('[')
                            .append(random.nextInt(1000))
                            .append("] += 0x")
                            .append(Integer.toHexString(random.nextInt(1 << 16)))
                            .append(';');
                default ->
                    text.append(name())
                            .append('.')
                            .append(name())
                            .append('(')
                            .append(name())
                            .append(", ")
                            .append(random.nextInt(100))
                            .append(");");
            }
            text.append('\n');
        }
        return text.toString();
    }

    /// A paragraph each in several scripts.
    String mixed(int characters) {
        StringBuilder text = new StringBuilder();
        while (text.length() < characters) {
            int language = random.nextInt(foreign.size() + 2);
            if (language >= foreign.size()) {
                sentence(text);
            } else {
                foreignSentence(text, Script.values()[language], foreign.get(language));
            }
            text.append(random.nextInt(3) == 0 ? "\n\n" : " ").append(random.nextInt(20) == 0 ? "👩‍👩‍👧 " : "");
        }
        return text.toString();
    }

    private void sentence(StringBuilder text) {
        int start = text.length();
        for (int words = random.nextInt(5, 25); words > 0; words--) {
            text.append(random.nextInt(40) == 0 ? Integer.toString(random.nextInt(3000)) : word());
            if (words > 1) {
                text.append(
                        switch (random.nextInt(30)) {
                            case 0, 1 -> ", ";
                            case 2 -> "'s ";
                            case 3 -> "-";
                            default -> " ";
                        });
            }
        }
        text.setCharAt(start, Character.toUpperCase(text.charAt(start)));
        text.append(random.nextInt(10) == 0 ? "?" : ".");
    }

    private void foreignSentence(StringBuilder text, Script script, List<String> words) {
        for (int left = random.nextInt(4, 16); left > 0; left--) {
            text.append(words.get(zipf(words.size())));
            if (left > 1 && script.letters > 0) {
                text.append(' ');
            }
        }
        text.append(script.letters > 0 ? "." : "。");
    }

    private String word() {
        return random.nextDouble() < NEW_WORDS ? word(random, 3, true) : lexicon.get(zipf(LEXICON));
    }

    private String name() {
        String first = word();
        String second = word();
        return random.nextBoolean()
                ? first
                : first + second.substring(0, 1).toUpperCase(Locale.ROOT) + second.substring(1);
    }

    private String keyword() {
        return KEYWORDS[random.nextInt(KEYWORDS.length)];
    }

    /// The nth of many is about n times rarer than the first.
    private int zipf(int size) {
        return (int) Math.pow(size, random.nextDouble()) - 1;
    }

    private static String word(SplittableRandom random, int syllables, boolean ends) {
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < syllables; i++) {
            word.append(any(random, ONSETS)).append(any(random, NUCLEI)).append(any(random, CODAS));
        }
        return ends ? word.append(any(random, ENDINGS)).toString() : word.toString();
    }

    private static String foreignWord(SplittableRandom random, Script script) {
        StringBuilder word = new StringBuilder();
        int letters = script.letters == 0 ? 1 + random.nextInt(3) : 1 + random.nextInt(2 * script.letters);
        for (int i = 0; i < letters; i++) {
            // Some letters are far more frequent than others.
            double share = random.nextDouble() * random.nextDouble();
            word.appendCodePoint(script.first + (int) (share * (script.last - script.first)));
        }
        return word.toString();
    }

    private static String any(SplittableRandom random, String[] of) {
        return of[random.nextInt(of.length)];
    }
}
