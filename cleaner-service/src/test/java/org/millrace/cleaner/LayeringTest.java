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
            .resideOutsideOfPackages("org.millrace.cleaner.text", "org.millrace.cleaner.bench")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.jsoup..")
            .because("rules and duplicates work on plain text, whatever it was made from");

    @ArchTest
    static final ArchRule DETECTORS = noClasses()
            .that()
            .resideOutsideOfPackage("org.millrace.cleaner.language")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.optimaize..")
            .because("how a language is recognised can then be exchanged");

    @ArchTest
    static final ArchRule NUMBERS = noClasses()
            .that()
            .resideOutsideOfPackage("org.millrace.cleaner.personal")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.google.i18n.phonenumbers..", "com.google.re2j..")
            .because("what personal data looks like is decided in one place");

    @ArchTest
    static final ArchRule COMMANDS = noClasses()
            .that()
            .resideOutsideOfPackages("org.millrace.cleaner.command", "org.millrace.cleaner.bench")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("picocli..", "org.millrace.archives..")
            .because("how people call the cleaner, and where pages come from then, is the command's affair");

    @ArchTest
    static final ArchRule INDEX = noClasses()
            .that()
            .resideOutsideOfPackage("org.millrace.cleaner.rocksdb")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.rocksdb..")
            .because("where the index of duplicates lies can then be exchanged");

    @ArchTest
    static final ArchRule FILES = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "org.millrace.cleaner.command", "org.millrace.cleaner.bench", "org.millrace.cleaner.evaluation")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.fasterxml.jackson..")
            .because("JSON is what people's files hold, and nothing between the services");
}
