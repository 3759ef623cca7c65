package org.millrace.cleaner.language;

import java.lang.Character.UnicodeScript;
import java.util.List;

/// How many letters of a text are of which script.
final class ScriptCounts {

    /// Below this, letters are Latin: a shortcut past a search that most texts need not make.
    private static final int END_OF_LATIN = 0x250;

    private static final UnicodeScript[] SCRIPTS = UnicodeScript.values();

    private final int[] counts = new int[SCRIPTS.length];
    private int letters;

    private ScriptCounts() {}

    static ScriptCounts of(List<String> pieces) {
        ScriptCounts counts = new ScriptCounts();
        pieces.forEach(counts::add);
        counts.japanese();
        return counts;
    }

    private void add(String text) {
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (Character.isLetter(c)) {
                letters++;
                counts[(c < END_OF_LATIN ? UnicodeScript.LATIN : UnicodeScript.of(c)).ordinal()]++;
            }
        }
    }

    /// Japanese is written in three scripts at once, and kana are written in nothing else. One letter in
    /// five is enough: headlines hold few.
    private void japanese() {
        int kana = counts[UnicodeScript.HIRAGANA.ordinal()] + counts[UnicodeScript.KATAKANA.ordinal()];
        int all = kana + counts[UnicodeScript.HAN.ordinal()];
        if (kana > 0 && kana * 5 >= all) {
            counts[UnicodeScript.HIRAGANA.ordinal()] = all;
            counts[UnicodeScript.KATAKANA.ordinal()] = 0;
            counts[UnicodeScript.HAN.ordinal()] = 0;
        }
    }

    /// The script of most letters; `UNKNOWN` if there are none.
    UnicodeScript most() {
        UnicodeScript most = UnicodeScript.UNKNOWN;
        for (UnicodeScript script : SCRIPTS) {
            if (counts[script.ordinal()] > counts[most.ordinal()]) {
                most = script;
            }
        }
        return most;
    }

    double share(UnicodeScript script) {
        return letters == 0 ? 0 : (double) counts[script.ordinal()] / letters;
    }
}
