package org.millrace.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorldFormatTest {

    @TempDir
    Path directory;

    /// Each row spoils one place of a good world; the message must name file, line, field and
    /// value.
    @ParameterizedTest(name = "{3}")
    @CsvSource(delimiter = '!', textBlock = """
        world.yaml    ! seed: 5                     ! seed: five               ! world.yaml:2: seed: expected a whole number, got five
        world.yaml    ! seed: 5                     ! sead: 5                  ! world.yaml:2: sead: expected one of the fields title, seed, refusals, kinds, got sead
        world.yaml    ! 'title: Harbour\\n'         ! ''                       ! world.yaml:1: file: expected a field title, got only seed, refusals, kinds
        world.yaml    ! [ships, harbours]           ! [harbours, ships]        ! world.yaml:7: kinds: expected the first kind to have asked: true, got harbours has asked: false
        world.yaml    ! [ships, harbours]           ! [ships, ships]           ! world.yaml:7: kinds[1]: expected each kind once, got ships
        world.yaml    ! [ships, harbours]           ! [ships, Docks]           ! world.yaml:7: kinds[1]: expected a name of small letters, digits and hyphens, got Docks
        world.yaml    ! [ships, harbours]           ! [ships, docks]           ! docks.yaml:1: file: expected a file in
        world.yaml    ! about {name}.               ! about {nam}.             ! world.yaml:6: refusals[2]: expected only the holes {name}, {name's}, got {nam} in
        world.yaml    ! '  - I cannot say.\\n'      ! ''                       ! world.yaml:3: refusals: expected at least 3 sentences, got 2
        world.yaml    ! 'title: Harbour'            ! 'title: ['               ! world.yaml:
        ships.yaml    ! invented: true              ! invented: maybe          ! ships.yaml:4: invented: expected true or false, got maybe
        ships.yaml    ! invented: true              ! invented: false          ! world.yaml:7: kinds: expected a kind that has invented: true, got none of
        ships.yaml    ! pages_per_entity: 2         ! pages_per_entity: 0      ! ships.yaml:5: pages_per_entity: expected a whole number from 1 to 12, got 0
        ships.yaml    ! column: master              ! column: skipper          ! ships.yaml:8: relations.captain.column: expected a column of the table: [vessel, master, cargo, berth], got skipper
        ships.yaml    ! '  berth:'                  ! '  dock:'                ! ships.yaml:34: relations.dock: expected a column of the table
        ships.yaml    ! '"{value} commands {name}."' ! '"{value} commands."'   ! ships.yaml:12: relations.captain.statements[2]: expected a hole {name}, got {value} commands.
        ships.yaml    ! '"{value} commands {name}."' ! '"{value} commands {name."' ! ships.yaml:12: relations.captain.statements[2]: expected a } for each {, got
        ships.yaml    ! '- "{value} commands {name}."\\n' ! '\\n'              ! ships.yaml:9: relations.captain.statements: expected at least 6 sentences, got 5
        ships.yaml    ! Who commands {name}?        ! Who is the captain of {name}? ! ships.yaml:18: relations.captain.questions[1]: expected each sentence once, got Who is the captain of {name}?
        ships.yaml    ! What does {name} carry?     ! Who commands {name}?     ! world.yaml:7: kinds: expected questions that differ, got "Who commands the Brave Otter?" for both
        ships.yaml    ! Who commands {name}?        ! Who commands it?         ! ships.yaml:18: relations.captain.questions[1]: expected a hole {name}, got Who commands it?
        ships.yaml    ! '"In {value}."'             ! '"There."'               ! ships.yaml:47: relations.berth.answers[1]: expected a hole {value}, got There.
        ships.yaml    ! ', "In {value}."'           ! ''                       ! ships.yaml:47: relations.berth.answers: expected at least 2 sentences, got 1
        ships.yaml    ! 'de:'                       ! 'german:'                ! ships.yaml:49: foreign.german: expected a language code of two small letters, got german
        ships.yaml    ! in {berth}.                 ! in {river}.              ! ships.yaml:50: foreign.de[0]: expected only the holes {name}, {captain}, {cargo}, {berth}, got {river} in
        harbours.yaml ! asked: false                ! 'asked: false\\ninvented: true' ! harbours.yaml:5: invented: expected asked: true where invented is true, got asked: false
        ships.tsv     ! 'Captain Bly\\twool'        ! 'Captain Bly wool'       ! ships.tsv:8: row: expected 4 cells (vessel, master, cargo, berth), got 3
        ships.tsv     ! the Quiet Seal              ! the Grey Heron           ! ships.tsv:8: vessel: expected each name once, got the Grey Heron, as in line 4
        ships.tsv     ! the Quiet Seal              ! ''                       ! ships.tsv:8: vessel: expected exactly one name, got nothing
        ships.tsv     ! tea|silk                    ! tea|                     ! ships.tsv:3: cargo: expected a value on both sides of |, got tea|
        ships.tsv     ! tea|silk                    ! tea|Tea                  ! ships.tsv:3: cargo: expected each value once, got Tea
        ships.tsv     ! salt                        ! <b>salt</b>              ! ships.tsv:4: cargo: expected no character of
        ships.tsv     ! 'vessel\\tmaster'           ! 'vessel\\tvessel'        ! ships.tsv:2: header: expected each column once, got a second vessel
        """)
    void aBrokenWorldSaysWhereAndHow(String file, String good, String bad, String message) throws IOException {
        TinyWorld.write(directory);
        String before = Files.readString(directory.resolve(file));
        String after = before.replace(unescaped(good), unescaped(bad));
        assertThat(after).isNotEqualTo(before);
        Files.writeString(directory.resolve(file), after);

        assertThatExceptionOfType(BadWorld.class)
                .isThrownBy(() -> World.read(directory))
                .withMessageStartingWith(message);
    }

    @Test
    void aMissingTableIsNamed() throws IOException {
        TinyWorld.write(directory);
        Files.delete(directory.resolve("harbours.tsv"));

        assertThatExceptionOfType(BadWorld.class)
                .isThrownBy(() -> World.read(directory))
                .withMessage("harbours.tsv:1: file: expected a file in %s, got none", directory);
    }

    @Test
    void bytesThatAreNoTextAreNamed() throws IOException {
        TinyWorld.write(directory);
        Files.write(directory.resolve("ships.tsv"), new byte[] {'v', (byte) 0xff, '\n'});

        assertThatExceptionOfType(BadWorld.class)
                .isThrownBy(() -> World.read(directory))
                .withMessage("ships.tsv:1: file: expected UTF-8 text, got other bytes");
    }

    @Test
    void anEmptyCellMeansThatThereIsNoFact() throws IOException {
        World world = TinyWorld.read(directory);

        assertThat(world.facts()).extracting(Fact::id).contains("ships/brave-otter/berth");
        assertThat(world.facts()).extracting(Fact::id).doesNotContain("ships/old-magpie/berth");
    }

    private static String unescaped(String text) {
        return text == null
                ? ""
                : text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\");
    }
}
