from django import forms


class SecondsForm(forms.Form):
    """`?seconds=`: how long a view waits. It is limited, because otherwise a client could occupy a worker for as long
    as it likes.
    """

    seconds = forms.FloatField(required=False, min_value=0, max_value=10)
