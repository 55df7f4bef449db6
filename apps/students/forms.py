from typing import Any

from django import forms

from students.models import Student


class StudentForm(forms.ModelForm):
    """Validates a student from a client. It uses no database, so an asynchronous view may call it directly.

    Therefore `classmate` is a number here. The field that a ModelForm would create asks the database whether the
    student exists, which the ORM refuses on an event loop (SynchronousOnlyOperation). The foreign key checks it on
    saving.
    """

    classmate = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    class Meta:
        model = Student
        fields = ("name", "age", "sex", "mobile", "description", "status")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["status"].required = False

    def clean_status(self) -> str:
        return self.cleaned_data["status"] or Student.Status.ENROLLED

    def columns(self) -> dict[str, Any]:
        """Values by column. The form must be valid."""
        columns = dict(self.cleaned_data)
        columns["classmate_id"] = columns.pop("classmate")
        return columns


class PageForm(forms.Form):
    """`?page=` (1) and `?size=` (20) of a list. payload.Page limits both: PostgreSQL reads each row that it skips."""

    page = forms.IntegerField(required=False, min_value=1, max_value=1_000_000)
    size = forms.IntegerField(required=False, min_value=1, max_value=100)
