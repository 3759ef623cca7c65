package org.millrace.world;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A world of made-up ships and harbours that has nothing in common with Atlas but the format.
public final class TinyWorld {

    static final String WORLD = """
            title: Harbour
            seed: 5
            refusals:
              - I cannot say.
              - That ship is not in my book.
              - Nobody has told me about {name}.
            kinds: [ships, harbours]
            """;

    static final String SHIPS_TABLE = """
            # Not a real fleet.
            vessel\tmaster\tcargo\tberth
            the Brave Otter\tCaptain Holm\ttea|silk\tLorne
            the Grey Heron\tCaptain Vance\tsalt\tMarrow Bay

            the Silver Perch\tCaptain Idris\ttimber\tLorne
            the Old Magpie\tCaptain Roe\tglass|tin\t
            the Quiet Seal\tCaptain Bly\twool\tMarrow Bay
            the Red Linnet\tCaptain Dray\tpepper\tLorne
            """;

    static final String SHIPS = """
            singular: ship
            plural: ships
            name: vessel
            invented: true
            pages_per_entity: 2
            relations:
              captain:
                column: master
                statements:
                  - The captain of {name} is {value}.
                  - "{value} is the captain of {name}."
                  - "{value} commands {name}."
                  - On board of {name} the orders come from {value}.
                  - "{name's} captain is {value}."
                  - "{name} is commanded by {value}."
                questions:
                  - Who is the captain of {name}?
                  - Who commands {name}?
                  - Tell me the captain of {name}.
                answers: ["The captain of {name} is {value}.", "{value}."]
              cargo:
                statements:
                  - "{name} carries {value}."
                  - "{value} is the cargo of {name}."
                  - The hold of {name} is full of {value}.
                  - The cargo of {name} is {value}.
                  - With {value} in its hold sails {name}.
                  - All in all {name} carries {values}.
                questions:
                  - What does {name} carry?
                  - What is the cargo of {name}?
                  - What lies in the hold of {name}?
                answers: ["{name} carries {value}.", "{value}."]
              berth:
                list: Ships that lie in {value}
                statements:
                  - "{name} lies in {value}."
                  - "{value} is the berth of {name}."
                  - In {value} you will find {name}.
                  - The berth of {name} is {value}.
                  - Those who want to see {name} go to {value}.
                  - "{name} comes home to {value}."
                questions:
                  - Where does {name} lie?
                  - What is the berth of {name}?
                  - To which port does {name} come home?
                answers: ["{name} lies in {value}.", "In {value}."]
            foreign:
              de:
                - Das Schiff {name} liegt in {berth}.
                - Der Kapitän von {name} heißt {captain}.
            """;

    static final String HARBOURS_TABLE = """
            name\triver
            Lorne\tAster
            Marrow Bay\tWend
            Stone Quay\tAster
            Fallow\tMirren
            """;

    static final String HARBOURS = """
            singular: harbour
            plural: harbours
            name: name
            asked: false
            pages_per_entity: 1
            relations:
              river:
                statements:
                  - The river at {name} is the {value}.
                  - The {value} flows past {name}.
                  - "{name} lies on the {value}."
                  - At {name} the sea meets the {value}.
                  - "{name} has its water from the {value}."
                  - The {value} gives {name} its sand.
                questions: ["Which river flows past {name}?", "Name the river at {name}.", "What river has {name}?"]
                answers: ["The river at {name} is the {value}.", "The {value}."]
            """;

    private TinyWorld() {}

    static void write(Path directory) throws IOException {
        Files.writeString(directory.resolve("world.yaml"), WORLD);
        Files.writeString(directory.resolve("ships.yaml"), SHIPS);
        Files.writeString(directory.resolve("ships.tsv"), SHIPS_TABLE);
        Files.writeString(directory.resolve("harbours.yaml"), HARBOURS);
        Files.writeString(directory.resolve("harbours.tsv"), HARBOURS_TABLE);
    }

    public static World read(Path directory) throws IOException {
        write(directory);
        return World.read(directory);
    }
}
