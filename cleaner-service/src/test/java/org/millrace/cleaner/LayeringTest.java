package org.millrace.cleaner;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.millrace.testkit.LayeringRules;

@AnalyzeClasses(packages = "org.millrace.cleaner", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {

    @ArchTest
    static final ArchRule EDGE = LayeringRules.technologyStaysAtTheEdge("org.millrace.cleaner");

    @ArchTest
    static final ArchRule NAMES = LayeringRules.noDumpingGrounds();

    @ArchTest
    static final ArchRule NULLS = LayeringRules.everyPackageIsNullMarked();

    @ArchTest
    static final ArchRule PARSERS = noClasses()
            .that()
            .resideOutsideOfPackage("org.millrace.cleaner.text")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.jsoup..", "com.optimaize..")
            .because("rules and duplicates work on plain text, whatever it was made from");
}
