package org.millrace.world;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What can be checked of the tables of Atlas without an encyclopedia.
class AtlasTest {

    private static World atlas;

    @BeforeAll
    static void read() throws IOException {
        atlas = World.read(Path.of("world"));
    }

    @Test
    void allTablesAreComplete() {
        assertThat(atlas.kinds()).extracting(kind -> kind.entities().size()).containsExactly(195, 118, 8, 62);
        assertThat(atlas.mainKind().name()).isEqualTo("countries");
    }

    @Test
    void everyCountryButOneHasACapital() {
        assertThat(atlas.mainKind().entities())
                .filteredOn(country -> country.values("capital").isEmpty())
                .extracting(Entity::name)
                .containsExactly("Vatican City");
    }

    @Test
    void neighboursAreCountriesAndNotOneself() {
        Map<String, Entity> countries = byName(atlas.mainKind());
        for (Entity country : atlas.mainKind().entities()) {
            assertThat(country.values("neighbour")).allMatch(countries::containsKey);
            assertThat(country.values("neighbour")).doesNotContain(country.name());
        }
    }

    /// Where fewer than three neighbours are listed the list is whole, so it must agree with the
    /// others'.
    @Test
    void bordersHaveTwoSides() {
        Map<String, Entity> countries = byName(atlas.mainKind());
        for (Entity country : atlas.mainKind().entities()) {
            List<String> neighbours = country.values("neighbour");
            for (Entity other : countries.values()) {
                if (neighbours.size() < 3 && other.values("neighbour").contains(country.name())) {
                    assertThat(neighbours).as(country.name()).contains(other.name());
                }
            }
        }
    }

    @Test
    void continentsAreTheSixThatPeopleLiveOn() {
        Set<String> continents = atlas.mainKind().entities().stream()
                .flatMap(country -> country.values("continent").stream())
                .collect(Collectors.toSet());

        assertThat(continents)
                .containsExactlyInAnyOrder("Africa", "Asia", "Europe", "North America", "Oceania", "South America");
    }

    @Test
    void elementsAreNumberedAndSymbolsDiffer() {
        List<Entity> elements = atlas.kinds().get(1).entities();

        assertThat(elements.stream().flatMap(element -> element.values("number").stream()))
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(1, 118).mapToObj(String::valueOf).toList());
        assertThat(elements.stream().flatMap(element -> element.values("symbol").stream()))
                .hasSize(118)
                .doesNotHaveDuplicates()
                .allMatch(symbol -> symbol.matches("[A-Z][a-z]?"));
    }

    @Test
    void namesCanBeTypedOnAnyKeyboard() {
        for (Kind kind : atlas.kinds()) {
            assertThat(kind.entities()).allMatch(entity -> entity.name().matches("[A-Za-z' -]+"));
        }
    }

    @Test
    void noStatementNamesAnotherFactsHole() {
        assertThat(atlas.facts())
                .allSatisfy(fact -> assertThat(fact.relation().statements()).allSatisfy(statement -> assertThat(
                                fact.stated(statement, fact.entity().name(), 0))
                        .doesNotContain("{", "}", "  ", "..")
                        .endsWith(".")));
    }

    private static Map<String, Entity> byName(Kind kind) {
        return kind.entities().stream().collect(Collectors.toMap(Entity::name, Function.identity()));
    }
}
