from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models


class Student(models.Model):
    class Sex(models.TextChoices):
        FEMALE = "female"
        MALE = "male"
        OTHER = "other"

    class Status(models.TextChoices):
        ENROLLED = "enrolled"
        ON_LEAVE = "on leave"
        GRADUATED = "graduated"
        LEFT = "left"

    name = models.CharField(max_length=80)
    age = models.PositiveSmallIntegerField(validators=[MinValueValidator(3), MaxValueValidator(120)])
    sex = models.CharField(max_length=10, choices=Sex)
    mobile = models.CharField(
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"^\+?[0-9][0-9 -]{3,18}$", "Enter a telephone number, like +44 7700 900123.")],
    )
    # The student beside whom this one sits. The relation is one-sided, and the classmate may be deleted.
    classmate = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    description = models.TextField(max_length=2000, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ENROLLED)

    class Meta:
        # In a list without an order, pages may repeat a row.
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name
