package org.millrace.cleaner.text;

import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Fills the holes of a layout with text: `{{p3}}` is the third paragraph, `{{s3}}` a sentence,
/// `{{t3}}` a title, `{{w3}}` a short label, `{{n3}}` a person's name, `{{i3}}` an item of a list.
/// The same hole always gets the same text, so a layout and its expected body can name it both.
final class Prose {

    private static final Pattern HOLE = Pattern.compile("\\{\\{([pstwni])(\\d+)}}");

    private static final List<String> SUBJECTS = words("""
            the miller,the old ferry,a travelling carpenter,the lighthouse keeper,the northern railway,our neighbour,
            the village council,a young gardener,the river,every second winter,the copper mine,a retired teacher,
            the harbour master,the bakery on the corner,the museum,a small orchestra,the weather station,the shepherd,
            this narrow valley,the glass workshop,a flock of cranes,the last tram,the observatory,the stone bridge""");

    private static final List<String> VERBS = words("""
            repaired,remembered,carried,measured,discovered,painted,sold,protected,described,collected,rebuilt,crossed,
            watched,lost,borrowed,cleaned,opened,closed,counted,planted,recorded,changed,supplied,followed""");

    private static final List<String> OBJECTS = words("""
            the wooden gates,a map of the coast,seven barrels of apples,the broken clock,a narrow path,old letters,
            the water wheel,a collection of seeds,the northern wall,copper pipes,a field of barley,the winter stores,
            forgotten songs,a row of poplars,the harbour lights,several small boats,the school roof,a basket of tools,
            the price of flour,the depth of the snow,two hundred lamps,a handwritten diary,the evening bell""");

    private static final List<String> TAILS = words("""
            before the first frost,during the long summer,without telling anyone,for the third time,with great care,
            because the road was flooded,until the bells rang,in the year of the great storm,near the abandoned quarry,
            while the others slept,as their grandparents had done,although nobody had asked,between the two world fairs,
            on a clear morning in March,with the help of strangers,at the edge of the forest,when the tide went out,
            so that the work could continue,far from the main square,in less than an hour,after many quiet years""");

    private static final List<String> NOUNS = words("""
            mill,ferry,orchard,lantern,railway,harbour,winter,valley,bridge,clock,garden,quarry,river,storm,museum,
            workshop,forest,tide,kitchen,letter,compass,barley,copper,glass,wool,salt,timber,chalk""");

    private static final List<String> ADJECTIVES = words("""
            quiet,forgotten,northern,wooden,early,hidden,patient,narrow,golden,distant,restless,ordinary,slow,bright""");

    private static final List<String> FIRST =
            words("Marta,Jonas,Elin,Pavel,Ingrid,Tomas,Selma,Oskar,Lena,Viktor,Ada,Emil");
    private static final List<String> LAST =
            words("Holm,Varga,Lindqvist,Moravec,Brandt,Okafor,Sorensen,Duarte,Keller,Nowak,Ferrant,Ashby");

    private static final List<String> LABELS = words("""
            News,Weather,Culture,Archive,Shop,Contact,About,Events,Travel,Science,Letters,Recipes,Gardens,Boats,History,
            Maps,Photographs,Music,Workshops,Opening hours,Our team,Site map,Support,Careers,Podcasts,Guides""");

    private static final List<String> UNITS = words("""
            two cups of rye flour,one spoon of salt,three ripe apples,half a litre of milk,a handful of dried herbs,
            a coil of strong rope,twelve brass screws,a sheet of clear glass,one sharp chisel,a jar of dark honey,
            four boiled eggs,a pinch of ground cloves,a bundle of willow rods,some clean linen,a bucket of river sand""");

    private Prose() {}

    static String fill(String template) {
        Matcher hole = HOLE.matcher(template);
        StringBuilder filled = new StringBuilder();
        while (hole.find()) {
            hole.appendReplacement(filled, Matcher.quoteReplacement(text(hole.group(1), hole.group(2))));
        }
        return hole.appendTail(filled).toString();
    }

    private static String text(String kind, String number) {
        Random random = new Random(kind.hashCode() * 7919L + Integer.parseInt(number) * 104_729L);
        return switch (kind) {
            case "p" -> paragraph(random);
            case "s" -> sentence(random);
            case "t" -> title(random);
            case "w" -> pick(LABELS, random);
            case "n" -> pick(FIRST, random) + " " + pick(LAST, random);
            default -> pick(UNITS, random);
        };
    }

    private static String paragraph(Random random) {
        StringBuilder paragraph = new StringBuilder(sentence(random));
        for (int more = 1 + random.nextInt(4); more > 0; more--) {
            paragraph.append(' ').append(sentence(random));
        }
        return paragraph.toString();
    }

    private static String sentence(Random random) {
        String clause = clause(random);
        String more =
                switch (random.nextInt(4)) {
                    case 0 -> ", and " + clause(random);
                    case 1 -> " " + pick(TAILS, random);
                    case 2 -> ", but " + pick(SUBJECTS, random) + " " + pick(VERBS, random) + " nothing of it";
                    default -> "";
                };
        return Character.toUpperCase(clause.charAt(0)) + clause.substring(1) + more + ".";
    }

    private static String clause(Random random) {
        return String.join(
                " ", pick(SUBJECTS, random), pick(VERBS, random), pick(OBJECTS, random), pick(TAILS, random));
    }

    private static String title(Random random) {
        String adjective = pick(ADJECTIVES, random);
        return "The " + adjective + " " + pick(NOUNS, random) + " and the " + pick(NOUNS, random);
    }

    private static String pick(List<String> from, Random random) {
        return from.get(random.nextInt(from.size()));
    }

    private static List<String> words(String list) {
        return List.of(list.replace("\n", "").split(", *"));
    }
}
