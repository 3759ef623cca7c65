package org.millrace.cleaner.text;

/// Counts words in any script.
final class Words {

    private Words() {}

    /// Runs of characters between spaces. Scripts without spaces count by their usual length of a
    /// word: two characters of Chinese and Japanese, four of Thai and its neighbours.
    static int count(String text) {
        int quarters = 0;
        boolean inside = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= ' ') {
                inside = false;
            } else if (c >= 0xE00 && isUnspaced(c)) {
                quarters += c >= 0x2E80 ? 2 : 1;
                inside = false;
            } else if (!inside) {
                quarters += 4;
                inside = true;
            }
        }
        return (quarters + 3) / 4;
    }

    /// Han, Kana, and the letters of Thai, Lao, Burmese and Khmer; not Hangul, which is spaced.
    static boolean isUnspaced(char c) {
        return c >= 0x3400 && c <= 0x9FFF
                || c >= 0x3001 && c <= 0x30FF
                || c >= 0x0E00 && c <= 0x0EFF
                || c >= 0x1000 && c <= 0x109F
                || c >= 0x1780 && c <= 0x17FF
                || c >= 0xF900 && c <= 0xFAFF
                || c >= 0xFF01 && c <= 0xFF9F
                || c >= 0xD840 && c <= 0xD8FF; // the planes of rare Han characters
    }
}
