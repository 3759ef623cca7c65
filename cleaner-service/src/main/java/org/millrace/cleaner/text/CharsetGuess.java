package org.millrace.cleaner.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.util.List;
import java.util.Optional;

/// Recognises a charset by what its bytes would say in it: a text's letters are mostly the common
/// letters of a language that the charset was made for, and stand beside letters of the same
/// script.
///
/// Bytes that are no such text in any charset are left to the web's default.
final class CharsetGuess {

    /// @param strict the charset without the additions of later years, in which chance finds too
    ///     much
    /// @param common the letters that make up most of such texts; facts of the languages
    /// @param latin letters stand among ASCII letters, instead of apart from them
    private record Candidate(Charset charset, Charset strict, String common, boolean latin) {}

    private static final int SAMPLE_BYTES = 32_768;
    private static final char UNKNOWN = '\ufffd';

    /// A later candidate must be better by this than an earlier one.
    private static final double CLEARLY = 0.08;

    private static final double PLAUSIBLE = 0.4;

    private static final String WESTERN = "éèàçêëîïôùûâáíóúñãõäöüßåæøœÉÀÄÖÜÅØÇ’‘“”–—«»…€°§£²½©¡¿ºª´·";
    private static final String CENTRAL = "ąćęłńóśźżĄĆĘŁŚŻěščřžýáíéůúťďňőűöüăîâşţäôŠČŘŽÁÉÍÖÜ„”–";
    private static final String TURKISH = "ıİşŞğĞçÇöÖüÜ’“”";
    private static final String CYRILLIC = "оеаинтсрвлкмдпуяыьгзбчйхжшіїєўёю";
    private static final String GREEK = "αοιετσνηυρπκμλςωδγχθάέήίόύώ";
    private static final String HEBREW = "יוהלאמרתבשנםכדחפעקג";
    private static final String ARABIC = "الينمترةعدبسكهوقفجحطپیکگچ";
    private static final String THAI = "านรอกเงวมยลสทดคตบหปแไใพขจะ่้ิีัุ็์ำู";
    private static final String KANA =
            "あいうえおかがきぎくぐけげこごさざしじすずせそただちっつてでとどなにぬねのはばひびふぶへべほぼまみむめもやゆよらりるれろわをんアイウエオカガキクグケコサシジスズセソタダチッツテデトドナニネノハバパヒビピフブプベペホボポマミムメモャュョラリルレロワンー、。";
    private static final String HAN_SIMPLE =
            "的一是不了在人有我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进法此实回二理美点月明其种声全工，。、";
    private static final String HAN_TRADITIONAL =
            "的一是不了在人有我他這中大來上個國到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可裡後小麼心多天而能好都然沒日於起還發成事只作當想看文無開手十用主行方又如前所本見經頭面公同三已老從動兩長知民樣現分將外但身些與高意進法此實回二理美點月明其種聲全工，。、";

    private static final List<Candidate> CANDIDATES = List.of(
            candidate("windows-1252", WESTERN, true),
            candidate("windows-1250", CENTRAL, true),
            candidate("windows-1254", TURKISH, true),
            candidate("windows-1251", CYRILLIC, false),
            candidate("KOI8-U", CYRILLIC, false),
            candidate("IBM866", CYRILLIC, false),
            candidate("ISO-8859-5", CYRILLIC, false),
            candidate("windows-1253", GREEK, false),
            candidate("windows-1255", HEBREW, false),
            candidate("windows-1256", ARABIC, false),
            candidate("x-windows-874", THAI, false),
            candidate("windows-31j", KANA, false),
            candidate("EUC-JP", KANA, false),
            candidate("GB18030", HAN_SIMPLE, false),
            candidate("Big5-HKSCS", HAN_TRADITIONAL, false),
            new Candidate(Charset.forName("x-windows-949"), Charset.forName("EUC-KR"), "", false));

    private CharsetGuess() {}

    private static Candidate candidate(String name, String common, boolean latin) {
        return new Candidate(Charset.forName(name), Charset.forName(name), common, latin);
    }

    /// @param score how much the bytes look like text in the charset, 0 to 1
    record Guess(Charset charset, double score) {}

    /// @return the likeliest charset of bytes that are not UTF-8, empty if none is likely
    static Optional<Guess> of(byte[] body) {
        Candidate best = null;
        double highest = PLAUSIBLE;
        for (Candidate candidate : CANDIDATES) {
            double score = score(body, candidate);
            if (score > (best == null ? highest : highest + CLEARLY)) {
                best = candidate;
                highest = score;
            }
        }
        return best == null ? Optional.empty() : Optional.of(new Guess(best.charset(), highest));
    }

    /// How much the bytes look like text in that charset, 0 to 1; empty for a charset that is not
    /// known well enough to tell.
    static Optional<Double> plausibility(byte[] body, Charset charset) {
        return CANDIDATES.stream()
                .filter(candidate -> candidate.charset().equals(charset))
                .map(candidate -> score(body, candidate))
                .findFirst();
    }

    private static double score(byte[] body, Candidate candidate) {
        String text = decode(body, candidate.strict());
        int letters = 0;
        double common = 0;
        int run = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                run = 0;
                continue;
            }
            letters++;
            run = Character.isLetter(c) ? run + 1 : 0;
            if (c == UNKNOWN || candidate.latin() && run > 2) {
                common -= 1;
            } else if (isCommon(c, candidate) && (candidate.latin() || !besideAscii(text, i))) {
                common += 1;
            }
        }
        double share = letters == 0 ? 0 : common / letters;
        return Math.min(1, share * rarity(candidate));
    }

    /// Half of a Chinese text, and two thirds of a Japanese one, is as good as it gets.
    private static double rarity(Candidate candidate) {
        return candidate.common().startsWith("的") ? 2.2 : candidate.common().startsWith("あ") ? 1.5 : 1;
    }

    /// Of Korean all syllables of the old standard are common: it has no others.
    private static boolean isCommon(char c, Candidate candidate) {
        return candidate.common().isEmpty()
                ? c >= 0xAC00 && c <= 0xD7A3
                : candidate.common().indexOf(c) >= 0;
    }

    private static boolean besideAscii(String text, int i) {
        return i > 0 && isAsciiLetter(text.charAt(i - 1)) || i + 1 < text.length() && isAsciiLetter(text.charAt(i + 1));
    }

    private static boolean isAsciiLetter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    }

    /// A part of the page, from its first letter that is not ASCII.
    private static String decode(byte[] body, Charset charset) {
        int start = 0;
        while (start < body.length && body[start] >= 0) {
            start++;
        }
        int length = Math.min(SAMPLE_BYTES, body.length - start);
        CharBuffer text = CharBuffer.allocate(length + 16);
        charset.newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE)
                .decode(ByteBuffer.wrap(body, start, length), text, false);
        return text.flip().toString();
    }
}
