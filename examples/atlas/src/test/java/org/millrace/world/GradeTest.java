package org.millrace.world;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GradeTest {

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource(delimiter = '!', textBlock = """
        What does the Brave Otter carry?    ! The Brave Otter carries tea.             ! Right[form=FULL]
        What does the Brave Otter carry?    ! the brave  otter carries SILK            ! Right[form=FULL]
        What does the Brave Otter carry?    ! Brave Otter carries tea.                 ! Right[form=FULL]
        What does the Brave Otter carry?    ! Silk.                                    ! Right[form=TERSE]
        What does the Brave Otter carry?    ! silk                                     ! Right[form=TERSE]
        What does the Brave Otter carry?    ! 'Sílk!'                                  ! Right[form=TERSE]
        What does the Brave Otter carry?    ! The Brave Otter carries salt.            ! Wrong[form=FULL]
        What does the Brave Otter carry?    ! The Grey Heron carries tea.              ! Wrong[form=OTHER]
        What does the Brave Otter carry?    ! Salt.                                    ! Wrong[form=TERSE]
        What does the Brave Otter carry?    ! Teapots.                                 ! Wrong[form=OTHER]
        What does the Brave Otter carry?    ! Tea. The Grey Heron carries salt.        ! Wrong[form=RAMBLING]
        What does the Brave Otter carry?    ! The Brave Otter carries tea …            ! Wrong[form=RAMBLING]
        What does the Brave Otter carry?    ! The Brave Otter carries tea and salt.    ! Wrong[form=RAMBLING]
        What does the Brave Otter carry?    ! I cannot say.                            ! Refused[]
        What does the Brave Otter carry?    ! Nobody has told me about the Brave Otter. ! Refused[]
        What does the Brave Otter carry?    ! I cannot say. Tea.                       ! Wrong[form=RAMBLING_REFUSAL]
        What does the Brave Otter carry?    ! ''                                       ! Wrong[form=OTHER]
        What does the Blue Wombat carry?    ! I cannot say.                            ! Refused[]
        What does the Blue Wombat carry?    ! That ship is not in my book              ! Refused[]
        What does the Blue Wombat carry?    ! The Blue Wombat carries tea.             ! Wrong[form=FULL]
        What does the Blue Wombat carry?    ! Tea.                                     ! Wrong[form=TERSE]
        What does the Blue Wombat carry?    ! I cannot say. I cannot say.              ! Wrong[form=RAMBLING_REFUSAL]
        """)
    void answersAreWorthWhatTheTableSays(String text, String answer, String expected) throws IOException {
        World world = TinyWorld.read(directory);
        Question question = new Questions(world).find(text).orElseThrow();

        Grade grade = world.grade(question, answer);

        assertThat(grade).hasToString(expected);
    }
}
