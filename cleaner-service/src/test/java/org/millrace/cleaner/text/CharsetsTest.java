package org.millrace.cleaner.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every charset in which the web was written, undeclared and wrongly declared.
class CharsetsTest {

    private static final String RUSSIAN =
            "Паром снова ходит по понедельникам, и многие жители ждали его ещё до рассвета.";
    private static final String UKRAINIAN =
            "Пором знову ходить щопонеділка, і багато мешканців чекали на нього ще до світанку.";
    private static final String GREEK =
            "Το πλοίο ταξιδεύει πάλι κάθε Δευτέρα και πολλοί κάτοικοι το περίμεναν πριν από την αυγή.";
    private static final String HEBREW = "המעבורת שוב יוצאת בכל יום שני ותושבים רבים חיכו לה עוד לפני הזריחה.";
    private static final String ARABIC =
            "عادت العبارة إلى العمل يوم الاثنين وكان كثير من السكان ينتظرون قبل شروق الشمس.";
    private static final String THAI = "เรือข้ามฟากกลับมาแล่นในวันจันทร์ และชาวบ้านจำนวนมากรออยู่ก่อนพระอาทิตย์ขึ้น";
    private static final String JAPANESE = "渡し船が月曜日にまた動き始めた。夜が明ける前から、たくさんの人が船着き場で待っていた。";
    private static final String KOREAN = "나룻배가 월요일에 다시 다니기 시작했다. 많은 주민이 해가 뜨기 전부터 부두에서 기다렸다.";
    private static final String SIMPLE = "渡轮星期一重新开始运行。许多居民在日出之前就已经站在码头上等候，他们的船长说新的发动机更安静。";
    private static final String TRADITIONAL = "渡輪星期一重新開始運行。許多居民在日出之前就已經站在碼頭上等候，他們的船長說新的發動機更安靜。";
    private static final String POLISH =
            "Prom znów pływa w poniedziałki, a mieszkańcy czekali już przed świtem na brzegu rzeki. Żółta łódź też.";
    private static final String TURKISH =
            "Vapur pazartesi günü yeniden çalışmaya başladı; birçok kişi güneş doğmadan iskelede bekliyordu, ışık azdı.";
    private static final String FRENCH =
            "Le bac a repris la mer lundi ; à l’aube déjà, beaucoup d’élèves l’attendaient près du môle, très émus.";

    @ParameterizedTest
    @CsvSource({
        "RUSSIAN, windows-1251",
        "RUSSIAN, KOI8-R",
        "RUSSIAN, IBM866",
        "RUSSIAN, ISO-8859-5",
        "UKRAINIAN, windows-1251",
        "UKRAINIAN, KOI8-U",
        "GREEK, windows-1253",
        "HEBREW, windows-1255",
        "ARABIC, windows-1256",
        "THAI, x-windows-874",
        "JAPANESE, Shift_JIS",
        "JAPANESE, EUC-JP",
        "JAPANESE, ISO-2022-JP",
        "KOREAN, EUC-KR",
        "SIMPLE, GB2312",
        "SIMPLE, GB18030",
        "TRADITIONAL, Big5",
        "POLISH, windows-1250",
        "TURKISH, windows-1254",
        "FRENCH, windows-1252",
        "FRENCH, UTF-8",
        "KOREAN, UTF-8",
        "RUSSIAN, UTF-16LE",
        "JAPANESE, UTF-16BE"
    })
    void anUndeclaredCharsetIsRecognised(String text, String charset) {
        String html = "<html><head><title>1</title></head><body><p>" + text(text) + "</p></body></html>";

        assertThat(CharsetDecoder.decode(html.getBytes(Charset.forName(charset)), "text/html"))
                .isEqualTo(html);
    }

    @ParameterizedTest
    @CsvSource({
        "RUSSIAN, windows-1251, iso-8859-1", "RUSSIAN, KOI8-R, windows-1251", "RUSSIAN, windows-1251, utf-8",
        "JAPANESE, Shift_JIS, iso-8859-1", "JAPANESE, EUC-JP, shift_jis", "KOREAN, EUC-KR, iso-8859-1",
        "SIMPLE, GB18030, iso-8859-1", "TRADITIONAL, Big5, gb2312", "FRENCH, UTF-8, iso-8859-1",
        "RUSSIAN, UTF-8, windows-1251", "FRENCH, windows-1252, utf-8", "JAPANESE, UTF-8, shift_jis"
    })
    void aWrongDeclarationIsSeenThrough(String text, String charset, String declared) {
        String html = "<meta charset=" + declared + "><p>" + text(text) + "</p>";

        assertThat(CharsetDecoder.decode(html.getBytes(Charset.forName(charset)), "text/html"))
                .isEqualTo(html);
    }

    @ParameterizedTest
    @CsvSource({
        "POLISH, ISO-8859-2, iso-8859-2", "FRENCH, windows-1252, iso-8859-1", "KOREAN, x-windows-949, ks_c_5601-1987",
        "SIMPLE, GB18030, gbk", "JAPANESE, windows-31j, x-sjis", "FRENCH, x-MacRoman, x-macroman"
    })
    void aTrueDeclarationIsBelieved(String text, String charset, String declared) {
        String body = text(text).replace('’', '\'');

        assertThat(CharsetDecoder.decode(body.getBytes(Charset.forName(charset)), "text/html; charset=" + declared))
                .isEqualTo(body);
    }

    @Test
    void aFewBrokenBytesDoNotTurnUtf8IntoSomethingElse() {
        byte[] body = (RUSSIAN + RUSSIAN + "?" + RUSSIAN).getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < body.length; i++) {
            body[i] = body[i] == '?' ? (byte) 0xFF : body[i];
        }

        assertThat(CharsetDecoder.decode(body, "text/html; charset=utf-8"))
                .isEqualTo(RUSSIAN + RUSSIAN + "\ufffd" + RUSSIAN);
    }

    private static String text(String name) {
        return switch (name) {
            case "RUSSIAN" -> RUSSIAN;
            case "UKRAINIAN" -> UKRAINIAN;
            case "GREEK" -> GREEK;
            case "HEBREW" -> HEBREW;
            case "ARABIC" -> ARABIC;
            case "THAI" -> THAI;
            case "JAPANESE" -> JAPANESE;
            case "KOREAN" -> KOREAN;
            case "SIMPLE" -> SIMPLE;
            case "TRADITIONAL" -> TRADITIONAL;
            case "POLISH" -> POLISH;
            case "TURKISH" -> TURKISH;
            case "FRENCH" -> FRENCH;
            default -> throw new IllegalArgumentException("text: expected a language above, got " + name);
        };
    }
}
